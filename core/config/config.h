/* SPDX-License-Identifier: MIT */
/*
 * The configuration store: what INI files, boards and the command line say, in layers, each
 * value with the place where it was set.
 *
 * Use: el4_config_new(), load files and overrides, register schemas (core's first; then those
 * of the board and plugins that the file names), el4_config_check(), then the getters. Text is
 * kept unparsed until a schema is there, so schemas may be added after loading.
 *
 * One thread at a time until el4_config_check() has returned true; from then on any number of
 * threads may use the const functions, as long as nobody changes the store.
 *
 * Errors are in the domain EL4_CONFIG_ERROR and read
 * `FILE:LINE: [section] key: what is wrong; what to do`.
 */
#ifndef EL4_CORE_CONFIG_H
#define EL4_CORE_CONFIG_H

#include <el4/config.h>

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Exported from libel4. */
#pragma GCC visibility push(default)

#define EL4_CONFIG_ERROR el4_config_error_quark()

enum el4_config_error {
    EL4_CONFIG_ERROR_FILE,    /* a file can't be read, or is no regular file */
    EL4_CONFIG_ERROR_SYNTAX,  /* a line or an option that can't be understood */
    EL4_CONFIG_ERROR_INCLUDE, /* a cycle, too deep, too many, or in the wrong place */
    EL4_CONFIG_ERROR_VALUE,   /* unknown section or key, or text that does not fit its type */
    EL4_CONFIG_ERROR_SCHEMA,  /* a schema table that is wrong in itself */
};

/* Who set a value. Higher layers win. Included files and their includer are one layer, where
 * what is read later wins; an include stands at a file's top, so the includer wins. */
enum el4_config_layer {
    EL4_CONFIG_LAYER_BOARD,    /* a board's defaults */
    EL4_CONFIG_LAYER_FILE,     /* INI files */
    EL4_CONFIG_LAYER_OVERRIDE, /* -s section.key=value */
    EL4_CONFIG_LAYER_SHORTCUT, /* options of their own, such as --kernel */
    EL4_CONFIG_LAYER_COUNT
};

/* The longest value of one line in bytes, and the longest line of a file. */
#define EL4_CONFIG_VALUE_MAX 4096
#define EL4_CONFIG_LINE_MAX  16384
/* The longest "SECTION.KEY" in bytes. */
#define EL4_CONFIG_SETTING_MAX (2 * EL4_CONFIG_NAME_MAX + 1)
/* The largest file, the deepest nesting of includes, and the most files of one load. */
#define EL4_CONFIG_FILE_MAX  (1024 * 1024)
#define EL4_CONFIG_DEPTH_MAX 16
#define EL4_CONFIG_FILES_MAX 256

struct el4_config;

/* One line's worth of a value, as a file wrote it. */
struct el4_config_line {
    const char *section, *key, *text;
    const char *file;   /* as messages name it */
    const char *folder; /* absolute: what a path in it is relative to */
    unsigned line;
    bool continued; /* an indented line */
    bool again;     /* a further line of the key in its file, not the first */
};

GQuark el4_config_error_quark(void);

/* Make an empty store. Free it with el4_config_free(), which takes NULL too. */
struct el4_config *el4_config_new(void);
void el4_config_free(struct el4_config *config);

/*
 * Read an INI file and what it includes into EL4_CONFIG_LAYER_FILE. A second file's values
 * replace the first's. Stops at the first line that can't be understood; what was read before
 * it stays in the store, which is then only good for el4_config_free(). Whether keys and values
 * make sense is for el4_config_check().
 */
bool el4_config_load_file(struct el4_config *config, const char *path, GError **error);

/*
 * From now on let the files' keys be settings of other sections too, "SECTION.KEY": for files
 * that are about other configurations. No schema fits such a key; who allows it reads it with
 * el4_config_each_line().
 */
void el4_config_allow_settings(struct el4_config *config);

/*
 * Visit what the files say, unparsed, with no regard to schemas: sections in the order of their
 * first mention, their keys likewise, the lines of a key in order. What a later file replaced
 * is left out.
 */
void el4_config_each_line(const struct el4_config *config,
                          void (*visit)(const struct el4_config_line *line, void *data),
                          void *data);

/*
 * Set a value from the text of an -s option, `section.key=value`. The section is all that
 * stands before the last '.' before the first '='. White space around key and value is dropped;
 * quotes and ';' are plain text here. A later override of a key replaces the earlier one, lists
 * too.
 */
bool el4_config_set_override(struct el4_config *config, const char *option, GError **error);

/*
 * The same of an option that stands in a file of another kind, at that line: messages name the
 * place, and relative paths are relative to the file's folder.
 */
bool el4_config_set_override_of(struct el4_config *config, const char *option, const char *file,
                                unsigned line, GError **error);

/*
 * Set a value in a layer; it replaces what that layer holds for the key. `origin` says where
 * it comes from, for messages and explain ("board default", "--kernel"); NULL picks the
 * layer's own name. Relative paths are relative to the working folder.
 */
bool el4_config_set(struct el4_config *config, enum el4_config_layer layer, const char *section,
                    const char *key, const char *value, const char *origin, GError **error);

/*
 * Register the keys of a section; `section` NULL takes the schema's own name. The table is
 * copied. A section may get several schemas (core's and a board's); a key that comes twice,
 * and any mistake in the table, is an error, and then nothing is registered.
 */
bool el4_config_add_schema(struct el4_config *config, const char *section,
                           const struct el4_config_schema *schema, GError **error);
/* The same for a table that stays where and what it is, as a plugin's does: many sections may
 * have it, and it is checked and copied once. */
bool el4_config_add_lasting_schema(struct el4_config *config, const char *section,
                                   const struct el4_config_schema *schema, GError **error);

/*
 * Check everything that was set against the registered schemas. Adds one message (a char *
 * that the caller frees, so give the array g_free) for each mistake: unknown sections and keys,
 * keys set twice in a file, bad values in any layer, required keys that nobody set. True if
 * there was none.
 */
bool el4_config_check(struct el4_config *config, GPtrArray *messages);

/*
 * The same for one section, whose getters work afterwards: for those who must read some values
 * to find out which sections there are (a board's key decides which devices it has). Pointers
 * that getters gave out stay good in the full check that must still follow.
 */
bool el4_config_check_section(struct el4_config *config, const char *section,
                              GPtrArray *messages);

/*
 * Take a section out of the checks, whatever stands in it, unless the command line set one of
 * its keys, for that was meant for this very machine: then false. For sections of a shared file
 * that concern other machines; the caller warns.
 */
bool el4_config_ignore_section(struct el4_config *config, const char *section);

/*
 * Names (char *, owned by the array) of the sections that were mentioned, even without a key,
 * in the order of their first mention. `prefix` NULL gives all; "service" gives those
 * whose first word it is. Free with g_ptr_array_unref().
 */
GPtrArray *el4_config_sections(const struct el4_config *config, const char *prefix);

/*
 * The effective text of a key: the highest layer's, else the schema's default, else NULL. Needs
 * neither schema nor check, so it can find out which board or plugin to load. Several lines
 * of a list are joined by a space.
 */
const char *el4_config_get_text(const struct el4_config *config, const char *section,
                                const char *key);

/* Whether a key has a value, be it the default. An empty PATH counts as none. */
bool el4_config_is_set(const struct el4_config *config, const char *section, const char *key);

/* The schema entry of a key, owned by the store; NULL if there is none. */
const struct el4_config_key *el4_config_find_key(const struct el4_config *config,
                                                 const char *section, const char *key);

/*
 * Where a key's effective value was set: "FILE:LINE", the origin given to el4_config_set(),
 * "default" or "unset". The caller frees it.
 */
char *el4_config_origin(const struct el4_config *config, const char *section, const char *key);

/* Where a section was first mentioned, in the same form; NULL if nobody did. The caller frees
 * it.
 */
char *el4_config_section_origin(const struct el4_config *config, const char *section);

/*
 * Set `error` to "ORIGIN: [section] key: " and the formatted text, with code
 * EL4_CONFIG_ERROR_VALUE: for those who find out later that a value won't do (a file that
 * is not there).
 */
void el4_config_value_error(const struct el4_config *config, const char *section,
                            const char *key, GError **error, const char *format, ...)
    G_GNUC_PRINTF(5, 6);

/*
 * Typed getters, for use after el4_config_check() returned true. Asking for a key that no
 * schema has, for another type than the schema's, or before the check is a programmer's error
 * and aborts; code that serves plugins asks el4_config_find_key() first. An unset key gives
 * false, 0, NULL, or -1 for an enum. Pointers belong to the store and live until the key is set
 * anew.
 */
bool el4_config_get_bool(const struct el4_config *config, const char *section, const char *key);
int64_t el4_config_get_int(const struct el4_config *config, const char *section,
                           const char *key);
uint64_t el4_config_get_uint(const struct el4_config *config, const char *section,
                             const char *key);
uint64_t el4_config_get_size(const struct el4_config *config, const char *section,
                             const char *key);
const char *el4_config_get_string(const struct el4_config *config, const char *section,
                                  const char *key);
/* The index into the key's choices. */
int el4_config_get_enum(const struct el4_config *config, const char *section, const char *key);
/* LIST and PATHS. The list is ended by NULL; `count` may be NULL. An unset list gives NULL and
 * 0. */
const char *const *el4_config_get_list(const struct el4_config *config, const char *section,
                                       const char *key, size_t *count);
const struct el4_config_range *el4_config_get_ranges(const struct el4_config *config,
                                                     const char *section, const char *key,
                                                     size_t *count);
/* An absolute path. */
const char *el4_config_get_path(const struct el4_config *config, const char *section,
                                const char *key);

/* Visit each key of each registered schema, in the order of registration. */
void el4_config_each_key(const struct el4_config *config,
                         void (*visit)(const char *section, const struct el4_config_key *key,
                                       void *data),
                         void *data);

/* A number within a word of a list, all `length` bytes of it, as a SIZE key takes it. */
bool el4_config_read_number(const char *text, size_t length, uint64_t *number);

/*
 * Append help to `out`: for "section.key", for a key in every section that has it, for
 * sections by name or by its last word ("psci"), or, with NULL, one line for each key of all
 * sections. If the topic is only a part of names, a list of them. False, with suggestions in
 * the error, if nothing comes near.
 */
bool el4_config_help(const struct el4_config *config, const char *topic, GString *out,
                     GError **error);

/*
 * Append the effective configuration as INI text: every section and key with its value, and its
 * origin as a comment; unset keys as comments. Reading the text back gives the same values,
 * from any folder. Works before the check too, but prints bad values as they were written.
 */
void el4_config_explain(const struct el4_config *config, GString *out);

#pragma GCC visibility pop

#endif
