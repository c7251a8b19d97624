/* SPDX-License-Identifier: MIT */
/*
 * What the plugins of this folder share: the operations of a device that does nothing. Each
 * plugin but `good` and `newer-minor` has one fault, for which the loader must refuse it.
 */
#ifndef TEST_BAD_DEVICE_H
#define TEST_BAD_DEVICE_H

#include <el4/device.h>
#include <el4/plugin.h>

static void *device_create(const struct el4_host *host, struct el4_instance *self)
{
    return self;
}

static const struct el4_device_operations device_operations = {
    .struct_size = sizeof(struct el4_device_operations),
    .create = device_create,
};

#endif
