/* SPDX-License-Identifier: MIT */
/*
 * The plugin descriptor: the one symbol that a plugin exports.
 *
 * A plugin is a shared object with a single exported symbol, `el4_plugin`, a constant of type
 * struct el4_plugin. Nothing runs when the object is loaded. el4 checks the descriptor, and
 * creates instances through the operations it names, one for each board, device or service
 * section of a machine's configuration. A plugin has no global state: several machines may live
 * in one process, each with its own instances.
 *
 * Compatibility: structures grow at their tail only, and each carries its size as compiled, so
 * that old plugins run on a new el4: members that a plugin is too old to have count as 0. A new
 * plugin runs on an old el4 if it leaves 0 in the members that this one does not know; else it
 * is refused. A change that would break one raises EL4_ABI_MAJOR.
 */
#ifndef EL4_PLUGIN_H
#define EL4_PLUGIN_H

#include <el4/config.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* First word of every descriptor: "EL4P". */
#define EL4_PLUGIN_MAGIC 0x50344c45u
/* The interface described by these headers. */
#define EL4_ABI_MAJOR 1u

/* What a plugin makes. New kinds are added at the end. */
enum el4_plugin_kind {
    EL4_PLUGIN_BOARD = 1,   /* el4_plugin.operations is a struct el4_board_operations */
    EL4_PLUGIN_DEVICE = 2,  /* ... a struct el4_device_operations */
    EL4_PLUGIN_SERVICE = 3, /* ... a struct el4_service_operations */
};

/* The descriptor; constant, and so is all that it points to. */
struct el4_plugin {
    uint32_t magic;       /* EL4_PLUGIN_MAGIC */
    uint32_t abi_major;   /* EL4_ABI_MAJOR at the time of compilation */
    uint32_t struct_size; /* sizeof(struct el4_plugin) at the time of compilation */
    uint32_t kind;        /* enum el4_plugin_kind */
    /* What configurations call it; the file is named <name>.so. Letters, digits, '-'. */
    const char *name;
    /* The plugin's own version, for `el4 plugins`. */
    const char *version;
    /* One line, without a full stop, for `el4 plugins`. */
    const char *description;
    /* Keys of an instance's section (its `section` is NULL); NULL if it has none. */
    const struct el4_config_schema *schema;
    /* The operations of the kind. */
    const void *operations;
};

/*
 * Defines the descriptor with the right linkage:
 *
 *     EL4_PLUGIN_DEFINE(pl011) = { .magic = EL4_PLUGIN_MAGIC, ... };
 *
 * The argument is the plugin's name as a C identifier; it tells plugins apart when they are
 * linked into el4 itself (EL4_PLUGIN_STATIC), where the symbol is <ident>_LTX_el4_plugin.
 */
#ifdef EL4_PLUGIN_STATIC
#define EL4_PLUGIN_DEFINE(ident)                                                               \
    extern const struct el4_plugin ident##_LTX_el4_plugin;                                     \
    const struct el4_plugin ident##_LTX_el4_plugin
#else
#define EL4_PLUGIN_DEFINE(ident)                                                               \
    extern const struct el4_plugin el4_plugin __attribute__((visibility("default")));          \
    const struct el4_plugin el4_plugin
#endif

#ifdef __cplusplus
}
#endif

#endif
