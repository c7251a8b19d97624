/* SPDX-License-Identifier: MIT */
/*
 * Options: el4's own (-s, --timeout, --trace) and the habits people bring from QEMU (-kernel,
 * -append, -smp, -m, -drive, -netdev ...). The latter are shortcuts: each sets configuration
 * keys above everything else, and `el4 explain` shows which. -drive and -netdev name no device:
 * theirs are set when the board has told where it takes disks and networks.
 */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest time limit, in seconds: more than a century. */
#define TIMEOUT_MAX 4e9

/* A shortcut that sets one key to its operand. All of these tables have options as the usage
 * text writes them; either number of hyphens is taken. */
static const struct {
    const char *option;
    const char *section;
    const char *key;
} simple_shortcuts[] = {
    {"-kernel", "boot", "kernel"},     {"-initrd", "boot", "initrd"},
    {"-append", "boot", "append"},     {"-dtb", "boot", "dtb"},
    {"-bios", "boot", "bios"},         {"-cpu", "machine", "cpu"},
    {"--board", "machine", "board"},   {"--trace", "trace", "kinds"},
    {"--trace-file", "trace", "file"}, {"--trace-format", "trace", "format"},
    {"--clock", "machine", "clock"},
};

/* Options without an operand: they set a key to yes, if they do anything. */
static const struct {
    const char *option;
    const char *section;
    const char *key;
} flags[] = {
    {"-nographic", NULL, NULL}, /* there is nothing but the console */
    {"-semihosting", "machine", "semihosting"},
    {"--calls", "calls", "count"},
    {"--trace-hash", "trace", "hash"},
};

static bool is_called(const char *option, const char *name)
{
    return strcmp(option + strspn(option, "-"), name) == 0;
}

static bool set(struct cli_options *options, const char *section, const char *key,
                const char *value, const char *option)
{
    GError *error = NULL;
    g_autofree char *origin = g_strdup_printf("-%s", option);
    if (el4_config_set(options->config, EL4_CONFIG_LAYER_SHORTCUT, section, key, value, origin,
                       &error)) {
        return true;
    }
    cli_error("%s", error->message);
    g_error_free(error);
    return false;
}

/* -m: a plain number means MiB, as QEMU has it. */
static bool set_memory(struct cli_options *options, const char *value)
{
    size_t digits = strspn(value, "0123456789");
    g_autofree char *text =
        digits == strlen(value) ? g_strdup_printf("%sM", value) : g_strdup(value);
    return set(options, "machine", "memory", text, "m");
}

/* -smp: N, or cpus=N among other words that only matter to a topology. */
static bool set_cpus(struct cli_options *options, const char *value)
{
    g_auto(GStrv) words = g_strsplit(value, ",", -1);
    const char *count = words[0] ? words[0] : "";
    for (char **word = words; *word; word++) {
        if (g_str_has_prefix(*word, "cpus=")) {
            count = *word + strlen("cpus=");
        }
    }
    return set(options, "machine", "cpus", count, "smp");
}

static void free_extra(void *data)
{
    struct el4_machine_extra *extra = data;
    g_ptr_array_unref(extra->settings);
    g_free(extra);
}

/* What the machine's board is to find a place for; the options own it. */
static struct el4_machine_extra *add_extra(struct cli_options *options,
                                           enum el4_machine_extra_kind kind, const char *option)
{
    struct el4_machine_extra *extra = g_new0(struct el4_machine_extra, 1);
    extra->kind = kind;
    extra->option = option;
    extra->settings = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(options->extras, extra);
    return extra;
}

static void set_extra(struct el4_machine_extra *extra, const char *key, const char *value)
{
    g_ptr_array_add(extra->settings, g_strdup(key));
    g_ptr_array_add(extra->settings, g_strdup(value));
}

/* The board says where its disks are; what names another place must not end in that one. */
static bool check_interface(const char *interface)
{
    static const char *const ours[] = {"none", "virtio", "sd", NULL};
    bool flash = !strcmp(interface, "pflash");
    if (g_strv_contains(ours, interface)) {
        return true;
    }
    cli_error("-drive: if=%s is not supported; %s", interface,
              flash ? "set [device flash0] image for a flash bank"
                    : "leave it out for the board's own disk");
    return false;
}

/* -drive file=F[,format=raw][,readonly=on][,snapshot=on][,if=...][,id=...] */
static bool set_drive(struct cli_options *options, const char *value)
{
    struct el4_machine_extra *extra = add_extra(options, EL4_EXTRA_DISK, "-drive");
    g_auto(GStrv) words = g_strsplit(value, ",", -1);
    bool has_file = false;
    for (char **word = words; *word; word++) {
        char *equals = strchr(*word, '=');
        const char *operand = equals ? equals + 1 : "on";
        size_t length = equals ? (size_t)(equals - *word) : strlen(*word);
        g_autofree char *key = g_strndup(*word, length);
        if (!strcmp(key, "file")) {
            has_file = *operand;
            set_extra(extra, key, operand);
        } else if (!strcmp(key, "readonly") || !strcmp(key, "snapshot") ||
                   !strcmp(key, "serial")) {
            set_extra(extra, key, operand);
        } else if (!strcmp(key, "format")) {
            if (strcmp(operand, "raw") != 0) {
                cli_error("-drive: format '%s' is not supported; convert the image to raw "
                          "(qemu-img convert -O raw)",
                          operand);
                return false;
            }
        } else if (!strcmp(key, "if")) {
            if (!check_interface(operand)) {
                return false;
            }
        } else if (strcmp(key, "id") != 0) {
            cli_error("-drive: unknown word '%s'; use file=, format=raw, readonly=on, "
                      "snapshot=on, serial=",
                      *word);
            return false;
        }
    }
    if (!has_file) {
        cli_error("-drive: names no file; write -drive file=IMAGE");
    }
    return has_file;
}

/* user[,hostfwd=tcp:[ADDR]:PORT-[ADDR]:PORT][,restrict=on][,mac=M][,id=...] */
static bool set_network(struct cli_options *options, const char *option, const char *value)
{
    struct el4_machine_extra *extra = add_extra(options, EL4_EXTRA_NETWORK, option);
    g_auto(GStrv) words = g_strsplit(value, ",", -1);
    g_autoptr(GString) forwards = g_string_new(NULL);
    if (!words[0] || strcmp(words[0], "user") != 0) {
        cli_error("%s: only 'user' is supported: %s user[,hostfwd=...]", option, option);
        return false;
    }
    for (char **word = words + 1; *word; word++) {
        if (g_str_has_prefix(*word, "hostfwd=")) {
            g_string_append_printf(forwards, "%s ", *word + strlen("hostfwd="));
        } else if (g_str_has_prefix(*word, "restrict=")) {
            set_extra(extra, "restrict", *word + strlen("restrict="));
        } else if (g_str_has_prefix(*word, "mac=")) {
            set_extra(extra, "mac", *word + strlen("mac="));
        } else if (!g_str_has_prefix(*word, "id=")) {
            cli_error("%s: unknown word '%s'; use hostfwd=, restrict=, mac=", option, *word);
            return false;
        }
    }
    if (forwards->len) {
        set_extra(extra, "hostfwd", forwards->str);
    }
    return true;
}

static bool set_netdev(struct cli_options *options, const char *value)
{
    return set_network(options, "-netdev", value);
}

/* -nic: as a network always gets its device, the same; or none. */
static bool set_nic(struct cli_options *options, const char *value)
{
    return !strcmp(value, "none") || set_network(options, "-nic", value);
}

static bool set_serial(struct cli_options *options, const char *value)
{
    set_extra(add_extra(options, EL4_EXTRA_CONSOLE, "-serial"), "backend", value);
    return true;
}

static bool read_seconds(const char *option, const char *value, double *seconds)
{
    char *end;
    *seconds = g_ascii_strtod(value, &end);
    if (end == value || *end || !(*seconds > 0 && *seconds < TIMEOUT_MAX)) {
        cli_error("%s: '%s' is not a number of seconds; write for example 60 or 0.5", option,
                  value);
        return false;
    }
    return true;
}

static bool set_timeout(struct cli_options *options, const char *value)
{
    return read_seconds("--timeout", value, &options->timeout_s);
}

static bool set_machine_timeout(struct cli_options *options, const char *value)
{
    return read_seconds("--machine-timeout", value, &options->machine_timeout_s);
}

/* A file on top of FILE, which is read first wherever it stands. */
static bool add_config(struct cli_options *options, const char *value)
{
    g_ptr_array_add(options->more_files, g_strdup(value));
    return true;
}

static bool set_override(struct cli_options *options, const char *value)
{
    GError *error = NULL;
    if (el4_config_set_override(options->config, value, &error)) {
        return true;
    }
    cli_error("%s", error->message);
    g_error_free(error);
    return false;
}

/* Options whose operand takes more than setting a key. */
static const struct {
    const char *option;
    bool (*take)(struct cli_options *options, const char *value);
} other_options[] = {
    {"-s", set_override},
    {"-m", set_memory},
    {"-smp", set_cpus},
    {"-drive", set_drive},
    {"-netdev", set_netdev},
    {"-nic", set_nic},
    {"-serial", set_serial},
    {"--timeout", set_timeout},
    {"--machine-timeout", set_machine_timeout},
    {"--config", add_config},
};

void cli_each_option(void (*visit)(const struct cli_option *option, void *data), void *data)
{
    for (size_t i = 0; i < G_N_ELEMENTS(simple_shortcuts); i++) {
        visit(&(struct cli_option){simple_shortcuts[i].option, true,
                                   simple_shortcuts[i].section, simple_shortcuts[i].key},
              data);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(other_options); i++) {
        visit(&(struct cli_option){.name = other_options[i].option, .has_operand = true}, data);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        visit(&(struct cli_option){.name = flags[i].option}, data);
    }
}

/* Options with an operand; NULL: it is missing. -1: no such option. */
static int take_operand_option(struct cli_options *options, const char *name, const char *value)
{
    for (size_t i = 0; i < G_N_ELEMENTS(simple_shortcuts); i++) {
        if (is_called(simple_shortcuts[i].option, name)) {
            return value && set(options, simple_shortcuts[i].section, simple_shortcuts[i].key,
                                value, name);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(other_options); i++) {
        if (is_called(other_options[i].option, name)) {
            return value && other_options[i].take(options, value);
        }
    }
    return -1;
}

/* Options without an operand. -1: no such option. */
static int take_flag(struct cli_options *options, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
        if (is_called(flags[i].option, name)) {
            return !flags[i].key || set(options, flags[i].section, flags[i].key, "yes", name);
        }
    }
    return -1;
}

static bool parse_words(struct cli_options *options, int argc, char **argv, guint arguments_max)
{
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (word[0] != '-' || !word[1]) {
            if (!options->file) {
                options->file = g_strdup(word);
            } else if (options->arguments->len < arguments_max) {
                g_ptr_array_add(options->arguments, g_strdup(word));
            } else {
                cli_error("'%s' is one word too many: the configuration file is '%s'", word,
                          options->file);
                return false;
            }
            continue;
        }
        const char *name = word + (word[1] == '-' ? 2 : 1);
        int taken = take_flag(options, name);
        if (taken >= 0) {
            if (!taken) {
                return false;
            }
            continue;
        }
        char *equals = word[1] == '-' ? strchr(name, '=') : NULL;
        g_autofree char *bare =
            equals ? g_strndup(name, (size_t)(equals - name)) : g_strdup(name);
        const char *value = equals ? equals + 1 : i + 1 < argc ? argv[i + 1] : NULL;
        taken = take_operand_option(options, bare, value);
        if (taken < 0) {
            cli_error("unknown option '%s'; 'el4 run --help' lists them", word);
            return false;
        }
        if (!value) {
            cli_error("option '%s' needs an operand", word);
            return false;
        }
        if (!taken) {
            return false;
        }
        i += equals ? 0 : 1;
    }
    return true;
}

static bool load_file(struct cli_options *options, const char *file)
{
    GError *error = NULL;
    if (el4_config_load_file(options->config, file, &error)) {
        return true;
    }
    cli_error("%s", error->message);
    g_error_free(error);
    return false;
}

static bool load_more_files(struct cli_options *options)
{
    for (guint i = 0; i < options->more_files->len; i++) {
        if (!load_file(options, g_ptr_array_index(options->more_files, i))) {
            return false;
        }
    }
    return true;
}

bool cli_parse(struct cli_options *options, int argc, char **argv, guint arguments_max,
               enum el4_exit *status)
{
    GError *error = NULL;
    *options = (struct cli_options){
        .arguments = g_ptr_array_new_with_free_func(g_free),
        .more_files = g_ptr_array_new_with_free_func(g_free),
        .config = el4_config_new(),
        .extras = g_ptr_array_new_with_free_func(free_extra),
    };
    if (!el4_machine_add_schemas(options->config, &error)) {
        g_error("core schemas: %s", error->message);
    }
    *status = EL4_EXIT_USAGE;
    if (!parse_words(options, argc, argv, arguments_max)) {
        return false;
    }
    *status = EL4_EXIT_CONFIG;
    if (!options->file && !el4_config_set(options->config, EL4_CONFIG_LAYER_BOARD, "machine",
                                          "board", "virt", "no file given", &error)) {
        g_error("default board: %s", error->message);
    }
    return (!options->file || load_file(options, options->file)) && load_more_files(options);
}

void cli_clear(struct cli_options *options)
{
    g_free(options->file);
    g_ptr_array_unref(options->arguments);
    g_ptr_array_unref(options->more_files);
    el4_config_free(options->config);
    g_ptr_array_unref(options->extras);
}
