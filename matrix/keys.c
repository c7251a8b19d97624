/* SPDX-License-Identifier: MIT */
/*
 * The keys of a matrix file, as schemas of the configuration store, and what a line's text says
 * by them. The store's own check is of no use here, for ${} is filled in for each cell.
 */
#include "config/text.h"
#include "config/value.h"
#include "private.h"

#include <string.h>

const char *const matrix_section_words[MATRIX_SECTION_COUNT] = {
    "matrix", "define", "axis", "value", "set", "exclude", "include", "expect",
};

static const char *const statuses[] = {
    "off", "usage", "configuration", "guest-failure", "time-out", "internal", NULL};

/* The second is what el4_matrix_cell.shares_start says. */
static const char *const starts[] = {"own", "shared", NULL};

#define OF_MATRIX  (1u << MATRIX_SECTION_MATRIX)
#define OF_AXIS    (1u << MATRIX_SECTION_AXIS)
#define OF_VALUE   (1u << MATRIX_SECTION_VALUE)
#define OF_SET     (1u << MATRIX_SECTION_SET)
#define OF_EXCLUDE (1u << MATRIX_SECTION_EXCLUDE)
#define OF_INCLUDE (1u << MATRIX_SECTION_INCLUDE)
#define OF_EXPECT  (1u << MATRIX_SECTION_EXPECT)
/* Sections whose settings, limits and expectations hold for some cells. */
#define OF_CELLS (OF_MATRIX | OF_VALUE | OF_SET | OF_INCLUDE)

#define MIB (1024u * 1024)

/* In the order of enum matrix_key. Those of OF_EXPECT are "expect.NAME" in OF_CELLS. */
static const struct {
    struct el4_config_key key;
    unsigned sections;
} table[MATRIX_KEY_SETTING] = {
    {{.name = "name",
      .type = EL4_CONFIG_STRING,
      .help = "The matrix' name, in reports and in "
              "that of its folder of results; the file's without it."},
     OF_MATRIX},
    {{.name = "help", .type = EL4_CONFIG_STRING, .help = "One line for people."},
     OF_MATRIX | OF_AXIS | OF_VALUE},
    {{.name = "values",
      .type = EL4_CONFIG_LIST,
      .flags = EL4_CONFIG_REQUIRED,
      .help = "The axis' values, in the order of the product."},
     OF_AXIS},
    {{.name = "matrix",
      .type = EL4_CONFIG_PATH,
      .help = "A matrix file: the value stands for "
              "each of its cells."},
     OF_VALUE},
    {{.name = "when",
      .type = EL4_CONFIG_LIST,
      .help = "The cells that are meant: words "
              "AXIS=VALUE|VALUE..., AXIS!=VALUE|VALUE..., tag=WORD, all of which fit."},
     OF_SET | OF_EXCLUDE | OF_EXPECT},
    {{.name = "cell",
      .type = EL4_CONFIG_LIST,
      .flags = EL4_CONFIG_REQUIRED,
      .help = "The cells to add: words AXIS=VALUE|VALUE...; axes that are not named have no "
              "value."},
     OF_INCLUDE},
    {{.name = "config",
      .type = EL4_CONFIG_PATHS,
      .help = "Configuration files of the cell's "
              "machine, loaded in order, on top of those named before."},
     OF_CELLS},
    {{.name = "seconds",
      .type = EL4_CONFIG_STRING,
      .default_text = "60",
      .help = "How long an "
              "attempt at a cell may take."},
     OF_CELLS},
    {{.name = "machine-seconds",
      .type = EL4_CONFIG_STRING,
      .default_text = "0",
      .help = "How long it may take by the machine's own clock; 0 for no limit. With "
              "`clock = virtual` every run ends at the same instruction."},
     OF_CELLS},
    {{.name = "memory",
      .type = EL4_CONFIG_SIZE,
      .default_text = "4G",
      .help = "How much "
              "address space a cell may take, with the guest's memory; 0 for no limit."},
     OF_CELLS},
    {{.name = "output",
      .type = EL4_CONFIG_SIZE,
      .default_text = "1M",
      .min = 1,
      .max = 1024 * MIB,
      .help = "How much a cell may write to its console; more is a failure."},
     OF_CELLS},
    {{.name = "file-size",
      .type = EL4_CONFIG_SIZE,
      .default_text = "64M",
      .help = "The largest "
              "file that a cell may write."},
     OF_CELLS},
    {{.name = "files",
      .type = EL4_CONFIG_UINT,
      .default_text = "64",
      .min = 16,
      .max = 65536,
      .help = "How many files a cell may have open."},
     OF_CELLS},
    {{.name = "network",
      .type = EL4_CONFIG_BOOL,
      .default_text = "no",
      .help = "Whether a cell "
              "may open sockets to the outside."},
     OF_CELLS},
    {{.name = "retries",
      .type = EL4_CONFIG_UINT,
      .default_text = "0",
      .max = 100,
      .help = "How often a cell that failed is tried again."},
     OF_CELLS},
    {{.name = "tags", .type = EL4_CONFIG_LIST, .help = "Words to pick cells by."}, OF_CELLS},
    {{.name = "input-after",
      .type = EL4_CONFIG_STRING,
      .help =
          "A regular expression: once the "
          "guest's console fits it, input is typed. A cell where that never happens fails."},
     OF_CELLS},
    {{.name = "input",
      .type = EL4_CONFIG_STRING,
      .help = "What is typed on the guest's console "
              "then; \\n, \\r, \\t, \\\\ and \\xNN stand for what they do in C."},
     OF_CELLS},
    {{.name = "start",
      .type = EL4_CONFIG_ENUM,
      .choices = starts,
      .default_text = "own",
      .help = "Whether the cell's guest starts on its own, or once for all cells that are the "
              "same until their input is typed."},
     OF_CELLS},
    {{.name = "status",
      .type = EL4_CONFIG_ENUM,
      .choices = statuses,
      .default_text = "off",
      .help = "How the run ends, as el4's exit status says it."},
     OF_EXPECT},
    {{.name = "guest-status",
      .type = EL4_CONFIG_STRING,
      .default_text = "any",
      .help = "What the guest reports by semihosting's EXIT: a number, or any."},
     OF_EXPECT},
    {{.name = "console",
      .type = EL4_CONFIG_LIST,
      .help = "Regular expressions, one a line, "
              "each of which the console's output fits somewhere."},
     OF_EXPECT},
    {{.name = "console-not",
      .type = EL4_CONFIG_LIST,
      .help = "Regular expressions, one a line, "
              "none of which it fits."},
     OF_EXPECT},
    {{.name = "console-order",
      .type = EL4_CONFIG_LIST,
      .help = "Regular expressions, one a "
              "line, each of which it fits after the one before."},
     OF_EXPECT},
    {{.name = "calls",
      .type = EL4_CONFIG_LIST,
      .help = "Calls that are made: words "
              "CONDUIT:ID[-ID]:VERDICT:SERVICE:COUNT, * for any; COUNT is N, N-M or N-, and 1- "
              "if it "
              "is left out."},
     OF_EXPECT},
    {{.name = "calls-not",
      .type = EL4_CONFIG_LIST,
      .help = "Calls that are not made: words as "
              "those of calls, without COUNT."},
     OF_EXPECT},
    {{.name = "states",
      .type = EL4_CONFIG_LIST,
      .help = "CPUs at the end: words cpuN.power=on, "
              "off, suspended or on-pending, cpuN.REGISTER=VALUE[/MASK]."},
     OF_EXPECT},
    {{.name = "known-failure",
      .type = EL4_CONFIG_STRING,
      .help = "Why the cell is known to "
              "fail; that it passes is a failure then."},
     OF_EXPECT},
};

static const char expect_prefix[] = "expect.";

/* The name in the table, and in which sections to look for it. */
static const char *plain_name(enum matrix_kind kind, const char *name, unsigned *sections)
{
    *sections = 1u << kind;
    if ((*sections & OF_CELLS) && g_str_has_prefix(name, expect_prefix)) {
        *sections = OF_EXPECT;
        return name + strlen(expect_prefix);
    }
    return name;
}

enum matrix_key matrix_key_find(enum matrix_kind kind, const char *name)
{
    if (kind == MATRIX_SECTION_DEFINE) {
        return strchr(name, '.') ? MATRIX_KEY_UNKNOWN : MATRIX_KEY_DEFINE;
    }
    unsigned sections;
    const char *plain = plain_name(kind, name, &sections);
    for (int i = 0; i < MATRIX_KEY_SETTING; i++) {
        bool is_prefixed_when = plain != name && i == MATRIX_KEY_WHEN;
        if ((table[i].sections & sections) && !is_prefixed_when &&
            !strcmp(table[i].key.name, plain)) {
            return (enum matrix_key)i;
        }
    }
    bool is_setting = plain == name && strchr(name, '.') && ((1u << kind) & OF_CELLS);
    return is_setting ? MATRIX_KEY_SETTING : MATRIX_KEY_UNKNOWN;
}

bool matrix_key_is_list(enum matrix_key key)
{
    return key < MATRIX_KEY_SETTING && el4_config_type_is_list(table[key].key.type);
}

char *matrix_key_hint(enum matrix_kind kind, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) homes = g_ptr_array_new();
    bool takes_expect = (1u << kind) & OF_CELLS;
    for (int i = 0; i < MATRIX_KEY_SETTING; i++) {
        if (table[i].sections & (1u << kind)) {
            g_ptr_array_add(names, g_strdup(table[i].key.name));
        } else if (takes_expect && (table[i].sections & OF_EXPECT)) {
            g_ptr_array_add(names, g_strconcat(expect_prefix, table[i].key.name, NULL));
        }
        for (int j = 0; j < MATRIX_SECTION_COUNT && !strcmp(table[i].key.name, name); j++) {
            if (table[i].sections & (1u << j)) {
                g_ptr_array_add(homes, (void *)matrix_section_words[j]);
            }
        }
    }
    if (kind == MATRIX_SECTION_DEFINE) {
        return g_strdup("a name in [define] has no '.'");
    }
    if (takes_expect && homes->len == 1 && !strcmp(homes->pdata[0], "expect")) {
        return g_strdup_printf("write expect.%s here, or %s in [expect]", name, name);
    }
    if (homes->len) {
        return g_strdup_printf("it belongs to [%s]", (const char *)homes->pdata[0]);
    }
    const char *guess = el4_config_suggest(name, names);
    if (guess) {
        return g_strdup_printf("did you mean '%s'?", guess);
    }
    return g_strdup_printf("'el4 help %s' lists the keys%s", matrix_section_words[kind],
                           takes_expect ? "; a setting is written SECTION.KEY" : "");
}

const struct el4_config_key *matrix_key_schema(enum matrix_key key)
{
    return &table[key].key;
}

bool el4_matrix_add_schemas(struct el4_config *config, GError **error)
{
    static const char *const names[MATRIX_SECTION_COUNT] = {
        "matrix",   "define",       "axis NAME",    "value NAME",
        "set NAME", "exclude NAME", "include NAME", "expect NAME",
    };
    static const char *const helps[MATRIX_SECTION_COUNT] = {
        "A test matrix, and what holds for all of its cells (el4 matrix). A key with a '.' is "
        "a "
        "setting of the cell's machine, SECTION.KEY.",
        "Names for texts: ${NAME} in a value of the matrix. -D NAME=VALUE wins.",
        "An axis of a test matrix.",
        "[value AXIS VALUE], what holds for cells with this value of the axis: settings, "
        "limits, tags, "
        "expectations as expect.KEY, or another matrix.",
        "What holds for the cells that `when` fits; keys as in [value].",
        "Cells that are left out.",
        "Cells that are added; keys as in [value].",
        "What is expected of every cell, or with a NAME of those that `when` fits.",
    };
    for (int i = 0; i < MATRIX_SECTION_COUNT; i++) {
        struct el4_config_key keys[MATRIX_KEY_SETTING];
        struct el4_config_schema schema = {
            .struct_size = sizeof(schema),
            .key_size = sizeof(keys[0]),
            .section = names[i],
            .help = helps[i],
            .keys = keys,
        };
        for (int j = 0; j < MATRIX_KEY_SETTING; j++) {
            if (table[j].sections & (1u << i)) {
                keys[schema.key_count++] = table[j].key;
            }
        }
        if (!el4_config_add_schema(config, NULL, &schema, error)) {
            return false;
        }
    }
    return true;
}
