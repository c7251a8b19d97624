/* SPDX-License-Identifier: MIT */
/*
 * A disk image for the tests of virtio-mmio: sector n is full of bytes n.
 */
#ifndef VIRTIO_DISK_H
#define VIRTIO_DISK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DISK_BYTES (256u << 10)

static char disk_path[32];

static inline int make_disk(void **state)
{
    strcpy(disk_path, "/tmp/el4-disk-XXXXXX");
    int fd = mkstemp(disk_path);
    assert_true(fd >= 0);
    uint8_t sector[512];
    for (unsigned i = 0; i < DISK_BYTES / 512; i++) {
        memset(sector, (int)(i & 0xff), sizeof(sector));
        assert_int_equal(write(fd, sector, sizeof(sector)), sizeof(sector));
    }
    close(fd);
    return 0;
}

static inline int remove_disk(void **state)
{
    unlink(disk_path);
    return 0;
}

#endif
