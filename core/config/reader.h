/* SPDX-License-Identifier: MIT */
/*
 * Reads INI text and reports sections and values with their line numbers. The only user of
 * inih; knows nothing of schemas, layers and includes.
 */
#ifndef EL4_CORE_CONFIG_READER_H
#define EL4_CORE_CONFIG_READER_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* What the reader calls; false with an error set stops it. Strings live during the call only.
 */
struct el4_config_events {
    bool (*section)(void *user, const char *section, unsigned line, GError **error);
    /*
     * `section` is "" before the first section. `continued` says that an indented line goes on
     * with the value of the key above.
     */
    bool (*value)(void *user, const char *section, const char *key, const char *value,
                  unsigned line, bool continued, GError **error);
    /* Keys may be settings of other sections, "SECTION.KEY", where SECTION may have spaces. */
    bool takes_settings;
};

/* Read `length` bytes; `name` stands for the file in messages. */
bool el4_config_read_ini(const char *name, const char *bytes, size_t length,
                         const struct el4_config_events *events, void *user, GError **error);

#endif
