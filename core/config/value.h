/* SPDX-License-Identifier: MIT */
/*
 * From a key's text to its typed value. Knows one key at a time; no files, layers or sections.
 */
#ifndef EL4_CORE_CONFIG_VALUE_H
#define EL4_CORE_CONFIG_VALUE_H

#include <el4/config.h>

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Exported from libel4. */
#pragma GCC visibility push(default)

/* Which member counts depends on the key's type. All zero is an unset value. */
struct el4_config_value {
    bool set;
    bool boolean;     /* BOOL */
    int64_t integer;  /* INT, and the index of an ENUM */
    uint64_t number;  /* UINT, SIZE */
    char *text;       /* STRING, PATH (absolute) */
    GPtrArray *words; /* LIST: char *, owned */
    GArray *ranges;   /* RANGES: struct el4_config_range */
};

/*
 * Parse one line's text. For LIST and RANGES it adds to what the value holds, for others it
 * replaces it. `folder` is what a PATH is relative to, NULL for the working folder. False with
 * "what is wrong; what to do" in `problem`, which the caller frees.
 */
bool el4_config_value_add(struct el4_config_value *value, const struct el4_config_key *key,
                          const char *text, const char *folder, char **problem);
void el4_config_value_clear(struct el4_config_value *value);

/* Append the type's limits, as "1 to 8"; nothing if there are none. */
void el4_config_append_limits(const struct el4_config_key *key, GString *out);

bool el4_config_type_is_list(uint32_t type);

#pragma GCC visibility pop

#endif
