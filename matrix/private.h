/* SPDX-License-Identifier: MIT */
/*
 * What file.c, keys.c, expand.c and their like know of a matrix file while its cells are made.
 *
 * A file becomes a source: sections of lines, each with its place. Sections that say something
 * about cells ([matrix], [value], [set], [include], [expect]) are layers. expand.c makes
 * combinations, each with the layers that hold for it, in the order in which they are applied;
 * cells.c applies them. What cells have in common they share: it belongs to the pool.
 */
#ifndef EL4_MATRIX_PRIVATE_H
#define EL4_MATRIX_PRIVATE_H

#include "config/config.h"
#include "matrix.h"

#include <sys/types.h>

/* After so many, the file is something else than a matrix. */
#define MATRIX_MESSAGES_MAX 100
/* The most axes of one file, and how deep matrices may stand in matrices. */
#define MATRIX_AXES_MAX  32
#define MATRIX_DEPTH_MAX 16
/* Lines and rules looked at for all cells together, and bytes of what ${} made of them: what
 * takes more takes minutes, or the machine's memory. */
#define MATRIX_WORK_MAX  100000000u
#define MATRIX_BYTES_MAX (256u * 1024 * 1024)

enum matrix_kind {
    MATRIX_SECTION_MATRIX,
    MATRIX_SECTION_DEFINE,
    MATRIX_SECTION_AXIS,
    MATRIX_SECTION_VALUE,
    MATRIX_SECTION_SET,
    MATRIX_SECTION_EXCLUDE,
    MATRIX_SECTION_INCLUDE,
    MATRIX_SECTION_EXPECT,
    MATRIX_SECTION_COUNT
};

enum matrix_key {
    MATRIX_KEY_NAME,
    MATRIX_KEY_HELP,
    MATRIX_KEY_VALUES,
    MATRIX_KEY_MATRIX,
    MATRIX_KEY_WHEN,
    MATRIX_KEY_CELL,
    /* From here on they say something about cells. */
    MATRIX_KEY_CONFIG,
    MATRIX_KEY_SECONDS,
    MATRIX_KEY_MACHINE_SECONDS,
    MATRIX_KEY_MEMORY,
    MATRIX_KEY_OUTPUT,
    MATRIX_KEY_FILE_SIZE,
    MATRIX_KEY_FILES,
    MATRIX_KEY_NETWORK,
    MATRIX_KEY_RETRIES,
    MATRIX_KEY_TAGS,
    MATRIX_KEY_INPUT_AFTER,
    MATRIX_KEY_INPUT,
    MATRIX_KEY_START,
    MATRIX_KEY_STATUS,
    MATRIX_KEY_GUEST_STATUS,
    MATRIX_KEY_CONSOLE,
    MATRIX_KEY_CONSOLE_NOT,
    MATRIX_KEY_CONSOLE_ORDER,
    MATRIX_KEY_CALLS,
    MATRIX_KEY_CALLS_NOT,
    MATRIX_KEY_STATES,
    MATRIX_KEY_KNOWN_FAILURE,
    MATRIX_KEY_SETTING, /* SECTION.KEY */
    MATRIX_KEY_DEFINE,  /* any name */
    MATRIX_KEY_UNKNOWN
};

/* A line of a file, or, of a setting, all of its lines. Strings belong to the pool. */
struct matrix_line {
    enum matrix_key key;
    const char *section, *name; /* as written, for messages; name is the key's */
    const char *text;           /* defines filled in; may still name axes */
    const char *folder;
    struct el4_matrix_place place;
    bool has_axes;            /* there is a ${} left, or a $${ */
    bool is_open;             /* a define was filled in */
    bool is_refused;          /* there was a message about it */
    struct matrix_fact *fact; /* what it says, if it names no axes */
    GHashTable *facts;        /* text with axes filled in -> what it says then */
};

/* What a line says. Which members count depends on its key. */
struct matrix_fact {
    enum matrix_key key;
    bool is_empty; /* nothing stands behind the '=': empties a list */
    bool yes;
    double seconds;
    uint64_t number;
    int64_t integer;
    const char *text;
    GPtrArray *items; /* of a list: struct el4_matrix_call and the like */
    struct matrix_setting *setting;
    const struct el4_matrix_pattern *pattern; /* of input-after; NULL if is_empty */
    const struct el4_matrix_input *input;     /* of input; NULL if is_empty */
};

struct matrix_setting {
    struct el4_matrix_setting setting;
    const char *name; /* "section.key", one pointer for each text */
};

struct matrix_define {
    const char *text;  /* as written, or of -D */
    const char *value; /* filled in; NULL: not yet */
    bool has_axes, is_open;
};

/* A word of `when`. */
struct matrix_word {
    const char *axis; /* "tag" for tags */
    GPtrArray *values;
    bool is_not;
};

struct matrix_when {
    GPtrArray *words; /* struct matrix_word */
    bool has_tags;
};

/* A section that says something about cells. */
struct matrix_layer {
    enum matrix_kind kind;
    const char *section;                /* its name as written */
    const char *name;                   /* what stands behind the section's first word; "" */
    const char *origin;                 /* "FILE:LINE" of its first mention */
    GPtrArray *lines;                   /* struct matrix_line: those about cells */
    bool has_tags;                      /* one of them is `tags` */
    struct matrix_when *when;           /* NULL: always */
    GPtrArray *when_lines, *cell_lines; /* struct matrix_line */
    struct matrix_line *matrix_line;    /* [value] */
    guint fits;                         /* [exclude]: how many cells */
};

struct matrix_value {
    const char *name;
    struct matrix_layer *layer;   /* [value AXIS NAME]; NULL */
    struct matrix_source *nested; /* the value stands for its cells; NULL */
};

struct matrix_axis {
    const char *name, *help;
    const struct matrix_layer *layer; /* its section, for messages */
    GPtrArray *values;                /* struct matrix_value */
    GHashTable *by_name;              /* the same */
    bool is_open;                     /* -D may change which values there are */
};

/* One combination; arrays and strings belong to the pool. */
struct matrix_combo {
    const char *name;
    const char **axes; /* axis, value ... */
    const struct matrix_layer **layers;
    guint axis_words, layer_count;
};

/* A file that was read. */
struct matrix_source {
    struct matrix_load *load;
    const char *file; /* as messages name it */
    struct el4_config *config;
    dev_t device;
    ino_t inode;
    bool is_open; /* it is being read: naming it again is a cycle */
    const char *name, *help;
    GHashTable *defines;                             /* name -> struct matrix_define */
    unsigned define_depth;                           /* of those being filled in */
    GPtrArray *axes;                                 /* struct matrix_axis */
    struct matrix_layer *general;                    /* [matrix] */
    struct matrix_layer *expect;                     /* [expect]; NULL */
    GPtrArray *sets, *expects, *excludes, *includes; /* struct matrix_layer */
    GHashTable *scope; /* axis name -> GHashTable of values; of nested ones, too */
    GPtrArray *combos; /* struct matrix_combo; NULL until they are made */
};

struct matrix_pool {
    GStringChunk *strings;
    GPtrArray *blocks; /* memory that goes with the pool */
    char *at;          /* what is left of the last block */
    size_t room;
    GPtrArray *arrays;  /* GPtrArray * */
    GPtrArray *regexes; /* GRegex * */
    GPtrArray *finders; /* struct el4_matrix_finder * */
    GHashTable *shared; /* GPtrArray * -> itself, by its pointers */
    size_t bytes;       /* of strings */
};

enum matrix_list {
    MATRIX_LIST_TAGS,
    MATRIX_LIST_CONFIGS,
    MATRIX_LIST_SETTINGS,
    MATRIX_LIST_MUST,
    MATRIX_LIST_MUST_NOT,
    MATRIX_LIST_IN_ORDER,
    MATRIX_LIST_CALLS,
    MATRIX_LIST_STATES,
    MATRIX_LIST_COUNT
};

/* Makes cells, one at a time. */
struct matrix_maker {
    struct matrix_load *load;
    GPtrArray *lists[MATRIX_LIST_COUNT];
    struct matrix_line defaults[MATRIX_KEY_SETTING];
    bool has_told_input, has_told_start; /* that they need an input-after: once is enough */
};

/* One el4_matrix_load(). */
struct matrix_load {
    struct matrix_pool *pool;    /* what the matrix keeps */
    struct matrix_pool *scratch; /* what goes when it is made */
    GPtrArray *messages, *warnings;
    guint message_count;
    GHashTable *defines;       /* of the command line: name -> value */
    GHashTable *known_defines; /* names in [define] of all files */
    GPtrArray *sources;        /* struct matrix_source */
    GPtrArray *tables;         /* GHashTable *, that lines hold */
    GPtrArray *unchecked;      /* struct matrix_line with ${} left */
    unsigned depth;
    uint64_t cells, work;
    bool is_over; /* a limit was met: there is no going on */
};

/* ---- pool.c ---- */
struct matrix_pool *matrix_pool_new(void);
void matrix_pool_free(struct matrix_pool *pool);
/* The one copy of a text. */
const char *matrix_pool_text(struct matrix_pool *pool, const char *text);
/* Zeroed memory. */
void *matrix_pool_take(struct matrix_pool *pool, size_t bytes);
/* An empty array that is freed with the pool, but not its items. */
GPtrArray *matrix_pool_array(struct matrix_pool *pool);
/* The one array of these items; `items` may be changed and used again. */
GPtrArray *matrix_pool_share(struct matrix_pool *pool, const GPtrArray *items);

/* ---- messages.c ---- */
void matrix_report(struct matrix_load *load, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* "FILE:LINE: [section] key: " and the text; once for each line. */
void matrix_report_line(struct matrix_load *load, struct matrix_line *line, const char *format,
                        ...) G_GNUC_PRINTF(3, 4);
/* "FILE:LINE: [section]: " and the text. */
void matrix_report_layer(struct matrix_load *load, const struct matrix_layer *layer,
                         const char *format, ...) G_GNUC_PRINTF(3, 4);
void matrix_warn(struct matrix_load *load, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* False, with a message the first time, when the cells so far took too much. */
bool matrix_charge(struct matrix_load *load, uint64_t work);

/* ---- keys.c: what keys there are, and what their text says ---- */
extern const char *const matrix_section_words[MATRIX_SECTION_COUNT];
/* The key of a name in a section of the kind. */
enum matrix_key matrix_key_find(enum matrix_kind kind, const char *name);
/* Whether the key goes on over several lines. */
bool matrix_key_is_list(enum matrix_key key);
/* What to do about an unknown key, with a guess; the caller frees it. */
char *matrix_key_hint(enum matrix_kind kind, const char *name);
const struct el4_config_key *matrix_key_schema(enum matrix_key key);

/* ---- facts.c ---- */
/* What the line says for a combination; NULL after a message. */
const struct matrix_fact *matrix_line_fact(struct matrix_load *load, struct matrix_line *line,
                                           const char *const *axes, guint axis_words);

/* ---- words.c: words of expectations. False with a problem, which the caller frees. ---- */
bool matrix_parse_call(struct matrix_pool *pool, const char *word, bool is_not,
                       struct el4_matrix_call *call, char **problem);
bool matrix_parse_state(struct matrix_pool *pool, const char *word,
                        struct el4_matrix_state *state, char **problem);

/* Take \n, \r, \t, \\ and \xNN in a text for what they mean. NULL with a problem. */
struct el4_matrix_input *matrix_parse_input(struct matrix_pool *pool, const char *text,
                                            char **problem);

/* ---- text.c: ${NAME} ---- */
/*
 * Fill in the source's defines. NULL with a problem for the caller to free; else the pool's
 * text, and whether there is more to fill in, or to take the escape off.
 */
const char *matrix_text_define(struct matrix_source *source, const char *text, bool *has_axes,
                               char **problem);
/* Fill in a cell's axes and end escapes. NULL with a problem. The caller frees it. */
char *matrix_text_axes(const char *text, const char *const *axes, guint axis_words,
                       char **problem);
/* Visit each name that ${} has in the text. */
void matrix_text_names(const char *text, void (*visit)(const char *name, void *data),
                       void *data);

/* ---- when.c ---- */
/*
 * Parse `when`; `scope` is axis name -> (value -> anything), an axis with a NULL table takes
 * any value; `tags` has the known ones, NULL: any. NULL with a problem.
 */
struct matrix_when *matrix_when_parse(struct matrix_pool *pool, const char *text,
                                      GHashTable *scope, GHashTable *tags, char **problem);
bool matrix_when_fits(const struct matrix_when *when, const char *const *axes, guint axis_words,
                      const GPtrArray *tags);
/* One word AXIS=VALUE|VALUE. */
struct matrix_word *matrix_when_word(struct matrix_pool *pool, const char *text,
                                     GHashTable *scope, GHashTable *tags, char **problem);
/* "; did you mean 'X'?" or "; there are A, B, C"; the caller frees it. */
char *matrix_hint(const char *word, GHashTable *candidates);

/* ---- file.c ---- */
/* Read a file, and the matrices that its values are; `from` is the line that names it, NULL for
 * the first. NULL after messages. */
struct matrix_source *matrix_file_read(struct matrix_load *load, const char *name,
                                       struct matrix_line *from);

/* ---- expand.c ---- */
/* Make the combinations of a source; false after a message. */
bool matrix_expand(struct matrix_source *source);

/* ---- cells.c ---- */
struct matrix_maker *matrix_maker_new(struct matrix_load *load);
void matrix_maker_free(struct matrix_maker *maker);
/* Make a combination a cell, with the command line's settings. Mistakes are reported; false if
 * a limit was met. */
bool matrix_maker_make(struct matrix_maker *maker, const struct matrix_combo *combo,
                       const struct matrix_layer *settings, struct el4_matrix_cell *cell);
/* The tags that a combination's layers give, until the maker is used again. */
const GPtrArray *matrix_maker_tags(struct matrix_maker *maker,
                                   const struct matrix_combo *combo);

#endif
