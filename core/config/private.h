/* SPDX-License-Identifier: MIT */
/*
 * The store's inside, shared by the files of core/config and nobody else.
 *
 * A section holds settings (what was written, by key and layer, unparsed) and keys (what
 * schemas say). They meet in el4_config_check(), which parses each setting and leaves the
 * effective value with its key, where the getters find it.
 */
#ifndef EL4_CORE_CONFIG_PRIVATE_H
#define EL4_CORE_CONFIG_PRIVATE_H

#include "config/config.h"
#include "config/value.h"

/* One line's worth of a value. */
struct config_piece {
    char *text;
    unsigned line;  /* 0 where the origin is no file */
    bool continued; /* an indented line, not the key again */
};

/* What one layer says of a key. */
struct config_setting {
    GPtrArray *pieces; /* struct config_piece; more than one only for lists, or in error */
    GString *text;     /* the pieces, joined by a space */
    char *origin;      /* the file as messages name it, or "-s option" and the like */
    char *folder;      /* absolute; what a PATH is relative to */
    unsigned reading;  /* which reading of a file it is from, 0 for none */
};

/* A key as it was written somewhere; whether it exists is another matter. */
struct config_entry {
    char *name;
    struct config_setting *layers[EL4_CONFIG_LAYER_COUNT];
};

/* A key that a schema declares. */
struct config_known_key {
    struct el4_config_key key;     /* of el4_config.tables */
    struct el4_config_value value; /* effective; only while config_section.checked */
};

/* What was registered, checked; its strings are in el4_config.strings. */
struct config_table {
    struct el4_config_key *keys; /* own their choices */
    size_t count;
    const char *help; /* NULL if there is none */
};

struct config_section {
    char *name;
    char *origin;       /* of its first mention; NULL if only schemas name it */
    char *help;         /* NULL if no schema gives any */
    GPtrArray *entries; /* struct config_entry, in order of first mention */
    GHashTable *by_key; /* the same by name: a hostile file may have very many */
    GPtrArray *keys;    /* struct config_known_key, in the schemas' order */
    bool has_schema;
    bool ignored; /* el4_config_ignore_section() */
    bool checked; /* no mistake in it, and the keys hold their effective values */
};

struct el4_config {
    GPtrArray *sections;  /* struct config_section, in order of appearance */
    GHashTable *by_name;  /* the same by name */
    GPtrArray *mentioned; /* those that were mentioned, in order of mention */
    GPtrArray *tables;    /* struct config_table */
    GHashTable *lasting;  /* el4_config_add_lasting_schema()'s -> its table */
    GStringChunk *strings;
    char *working_folder; /* when it was first wanted; NULL: not yet */
    unsigned readings;    /* of files, so far */
    bool allows_settings;
};

/* Where a line comes from, for el4_config_add_line(). */
struct config_source {
    enum el4_config_layer layer;
    const char *origin;
    const char *folder; /* NULL: the working folder */
    unsigned reading;
    unsigned line;
    bool continued;
};

/* load.c: the folder that a file lies in; the caller frees it. */
char *el4_config_absolute_folder(const char *name);

struct config_section *el4_config_find_section(const struct el4_config *config,
                                               const char *name);
struct config_section *el4_config_make_section(struct el4_config *config, const char *name);
/* Note that a section was mentioned, by a header line or by a value. */
struct config_section *el4_config_mention_section(struct el4_config *config, const char *name,
                                                  const char *origin, unsigned line);
struct config_known_key *el4_config_find_known_key(const struct config_section *section,
                                                   const char *name);
struct config_entry *el4_config_find_entry(const struct config_section *section,
                                           const char *name);

/* Add a line's value: goes on with the setting of the same reading, or replaces the layer's. */
void el4_config_add_line(struct el4_config *config, const char *section, const char *key,
                         const char *value, const struct config_source *source);

/* The highest layer's setting, or NULL. */
const struct config_setting *el4_config_top_setting(const struct config_entry *entry);

/* Append "FILE:LINE" or the origin alone. */
void el4_config_append_origin(GString *out, const struct config_setting *setting,
                              const struct config_piece *piece);

/* Parse the effective value of a key, default included; an unset one stays all zero. */
bool el4_config_parse_effective(const struct config_section *section,
                                const struct el4_config_key *key,
                                struct el4_config_value *value);

/* Parse one layer's setting; false with the piece at fault and a problem for the caller to
 * free. */
bool el4_config_parse_setting(const struct config_setting *setting,
                              const struct el4_config_key *key, struct el4_config_value *value,
                              const struct config_piece **bad_piece, char **problem);

/* What to do about an unknown section or key, with a guess; the caller frees it. */
char *el4_config_section_hint(const struct el4_config *config, const char *name);
char *el4_config_key_hint(const struct el4_config *config, const struct config_section *section,
                          const char *name);

#endif
