/* SPDX-License-Identifier: MIT */
/*
 * Configuration schemas, as data.
 *
 * Whatever reads keys of an INI file says beforehand which keys it knows: their names, types,
 * defaults and one sentence of help. The core checks the file against these tables, prints the
 * help from them, and refuses what they do not mention. A plugin therefore holds a const
 * table and no parsing code.
 *
 * Tables are read only, may live in rodata, and are copied when they are registered.
 */
#ifndef EL4_CONFIG_H
#define EL4_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a key's text means. New types are added at the end only. */
enum el4_config_type {
    /* yes, no, true, false, on, off, 1 or 0. */
    EL4_CONFIG_BOOL,
    /* int64_t: decimal or 0x, with an optional sign. */
    EL4_CONFIG_INT,
    /* uint64_t: decimal or 0x. */
    EL4_CONFIG_UINT,
    /* uint64_t bytes: as UINT, with an optional suffix K, M, G or T (powers of 1024). */
    EL4_CONFIG_SIZE,
    /* Any text, possibly empty. */
    EL4_CONFIG_STRING,
    /* One word of `choices`; it is read as its index there. */
    EL4_CONFIG_ENUM,
    /* Words separated by commas or white space, possibly none. May go on over several lines. */
    EL4_CONFIG_LIST,
    /*
     * Inclusive ranges `0xA-0xB` or single ids `0xA`, all in hex, separated as a LIST's words
     * are. May go on over several lines. Order is kept; overlaps are for the reader to judge.
     */
    EL4_CONFIG_RANGES,
    /*
     * A file's path, relative to the folder of the INI file that says it, or, on the command
     * line, to the working folder. It is read as an absolute path. Empty means unset.
     */
    EL4_CONFIG_PATH,
    /* A LIST of paths, each read as a PATH is. None of them can hold a comma or white space. */
    EL4_CONFIG_PATHS,
};

/* Bits of el4_config_key.flags; other bits must be 0. */
#define EL4_CONFIG_REQUIRED                                                                    \
    (1u << 0) /* there is no default, and leaving the key out is an error */

/* One key of a section. Grows at the tail only; el4_config_schema.key_size says how far it
 * goes. */
struct el4_config_key {
    /* Letters, digits, '_' and '-'; at most EL4_CONFIG_NAME_MAX bytes; not "include". */
    const char *name;
    /* An enum el4_config_type. */
    uint32_t type;
    /* EL4_CONFIG_REQUIRED, or 0. */
    uint32_t flags;
    /* The value if nobody sets one, as it would stand in a file; NULL leaves the key unset. */
    const char *default_text;
    /* ENUM only: the choices, ended by NULL. NULL for every other type. */
    const char *const *choices;
    /*
     * INT, UINT and SIZE: the smallest and largest value. RANGES: the smallest and largest id.
     * INT takes both as int64_t in two's complement. Both 0 means no limit; must be 0 for
     * other types.
     */
    uint64_t min;
    /* The other end of min. */
    uint64_t max;
    /* What the key does, in a sentence or two, without a line break. */
    const char *help;
};

/* All keys of one section. Grows at the tail only. */
struct el4_config_schema {
    /* sizeof(struct el4_config_schema) where the table was compiled. */
    uint32_t struct_size;
    /* sizeof(struct el4_config_key) where the table was compiled: the stride of `keys`. */
    uint32_t key_size;
    /*
     * The section's name, for example "machine". A plugin leaves the name of its instances to
     * the core, which registers the table as "service NAME" or "device NAME"; it may be NULL
     * then.
     */
    const char *section;
    /* What the section is about, in one sentence; may be NULL. */
    const char *help;
    /* The keys, in the order in which help and explain list them. NULL if there are none. */
    const struct el4_config_key *keys;
    /* How many keys there are. */
    size_t key_count;
};

/* The longest section or key name in bytes, without the NUL. */
#define EL4_CONFIG_NAME_MAX 48

/* One entry of a RANGES value: first <= last, both inclusive. */
struct el4_config_range {
    uint64_t first; /* the smallest id */
    uint64_t last;  /* the largest id, itself included */
};

#ifdef __cplusplus
}
#endif

#endif
