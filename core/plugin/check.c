/* SPDX-License-Identifier: MIT */
/*
 * The checks that a plugin has to pass before el4 uses anything of it. Each refusal is a
 * sentence: which file, what was found, what was wanted, and what probably went wrong.
 *
 * The least sizes are those of the first release of ABI 1. Structures grow at their tails, so
 * these never change; members that came later are looked at only if the size covers them.
 */
#include "plugin/private.h"

#include <el4/board.h>
#include <el4/device.h>
#include <el4/service.h>
#include <elf.h>
#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>

#define END_OF(type, member) (offsetof(type, member) + sizeof(((type *)NULL)->member))

/* Of the host that this file is compiled for; EM_NONE: not checked. */
#if defined(__x86_64__)
#define HOST_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define HOST_MACHINE EM_AARCH64
#elif defined(__riscv)
#define HOST_MACHINE EM_RISCV
#else
#define HOST_MACHINE EM_NONE
#endif

const char *el4_plugin_kind_name(enum el4_plugin_kind kind)
{
    switch (kind) {
    case EL4_PLUGIN_BOARD: return "board";
    case EL4_PLUGIN_DEVICE: return "device";
    case EL4_PLUGIN_SERVICE: return "service";
    }
    return "unknown";
}

char *el4_plugin_name_problem(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > EL4_CONFIG_NAME_MAX) {
        return g_strdup_printf("a plugin's name has 1 to %d characters", EL4_CONFIG_NAME_MAX);
    }
    for (size_t i = 0; i < length; i++) {
        if (!g_ascii_isalnum(name[i]) && name[i] != '-') {
            return g_strdup("a plugin's name has letters, digits and '-' only");
        }
    }
    return NULL;
}

static const char *machine_name(unsigned machine)
{
    switch (machine) {
    case EM_386: return "32-bit x86";
    case EM_X86_64: return "x86-64";
    case EM_ARM: return "32-bit Arm";
    case EM_AARCH64: return "AArch64";
    case EM_RISCV: return "RISC-V";
    case EM_PPC64: return "64-bit PowerPC";
    case EM_S390: return "S/390";
    }
    return "another processor";
}

static unsigned header_u16(const unsigned char *header, size_t offset)
{
    unsigned low = header[offset], high = header[offset + 1];
    return header[EI_DATA] == ELFDATA2MSB ? low << 8 | high : high << 8 | low;
}

char *el4_plugin_file_problem(const char *path)
{
    FILE *file = fopen(path, "rbe");
    if (!file) {
        return g_strdup_printf("cannot read %s: %s", path, g_strerror(errno));
    }
    unsigned char header[EI_NIDENT + 4];
    size_t bytes = fread(header, 1, sizeof(header), file);
    fclose(file);
    if (bytes < sizeof(header) || memcmp(header, ELFMAG, SELFMAG) != 0) {
        return g_strdup_printf("%s is not a shared object (ELF file): it may be incomplete, or "
                               "a source or text file of that name",
                               path);
    }
    unsigned type = header_u16(header, EI_NIDENT);
    unsigned machine = header_u16(header, EI_NIDENT + 2);
    if (HOST_MACHINE != EM_NONE && machine != HOST_MACHINE) {
        return g_strdup_printf(
            "%s is built for %s (ELF machine %u); this el4 runs on %s: build "
            "the plugin for this host",
            path, machine_name(machine), machine, machine_name(HOST_MACHINE));
    }
    if (type != ET_DYN) {
        return g_strdup_printf("%s is an ELF file of type %u; a shared object (%u) is wanted: "
                               "link the plugin with -shared",
                               path, type, ET_DYN);
    }
    return NULL;
}

static char *null_problem(const char *path, const char *member)
{
    return g_strdup_printf("%s: %s is NULL in its descriptor; every plugin must have one: fill "
                           "it in and rebuild the plugin",
                           path, member);
}

/* All operations begin with their size. */
static char *operations_problem(const struct el4_plugin *plugin, const char *path)
{
    uint32_t struct_size;
    memcpy(&struct_size, plugin->operations, sizeof(struct_size));

    const char *type = NULL;
    size_t wanted = 0;
    switch ((enum el4_plugin_kind)plugin->kind) {
    case EL4_PLUGIN_BOARD:
        type = "el4_board_operations";
        wanted = END_OF(struct el4_board_operations, fdt);
        break;
    case EL4_PLUGIN_DEVICE:
        type = "el4_device_operations";
        wanted = END_OF(struct el4_device_operations, firmware_setup);
        break;
    case EL4_PLUGIN_SERVICE:
        type = "el4_service_operations";
        wanted = END_OF(struct el4_service_operations, cpu_woke);
        break;
    }
    if (struct_size < wanted) {
        return g_strdup_printf("%s: its operations are %u bytes long; el4 ABI %u wants at "
                               "least %zu: struct_size must be sizeof(struct %s)",
                               path, struct_size, EL4_ABI_MAJOR, wanted, type);
    }

    const char *missing = NULL;
    if (plugin->kind == EL4_PLUGIN_BOARD) {
        const struct el4_board_operations *board = plugin->operations;
        missing = !board->create ? "create" : !board->build ? "build" : NULL;
    } else if (plugin->kind == EL4_PLUGIN_DEVICE) {
        const struct el4_device_operations *device = plugin->operations;
        missing = !device->create ? "create" : NULL;
    } else {
        const struct el4_service_operations *service = plugin->operations;
        missing = !service->create ? "create" : !service->call ? "call" : NULL;
    }
    if (missing) {
        return g_strdup_printf("%s: %s is NULL in its operations; a %s plugin must have it: "
                               "fill it in and rebuild the plugin",
                               path, missing, el4_plugin_kind_name(plugin->kind));
    }
    return NULL;
}

static char *version_problem(const struct el4_plugin *plugin, const char *path)
{
    if (plugin->magic != EL4_PLUGIN_MAGIC) {
        return g_strdup_printf("%s: the magic number of its descriptor is 0x%08x; 0x%08x is "
                               "wanted: its symbol 'el4_plugin' is not a struct el4_plugin, or "
                               "lacks .magic = EL4_PLUGIN_MAGIC",
                               path, plugin->magic, EL4_PLUGIN_MAGIC);
    }
    if (plugin->abi_major != EL4_ABI_MAJOR) {
        return g_strdup_printf("%s is built for el4 ABI %u; this el4 has ABI %u: rebuild the "
                               "plugin against this el4's kit, or install %s el4",
                               path, plugin->abi_major, EL4_ABI_MAJOR,
                               plugin->abi_major > EL4_ABI_MAJOR ? "a newer" : "an older");
    }
    if (plugin->struct_size < END_OF(struct el4_plugin, operations)) {
        return g_strdup_printf("%s: its descriptor is %u bytes long; el4 ABI %u wants at least "
                               "%zu: struct_size must be sizeof(struct el4_plugin)",
                               path, plugin->struct_size, EL4_ABI_MAJOR,
                               END_OF(struct el4_plugin, operations));
    }
    return NULL;
}

char *el4_plugin_descriptor_problem(const struct el4_plugin *plugin, const char *path,
                                    const char *name)
{
    char *problem = version_problem(plugin, path);
    if (problem) {
        return problem;
    }
    if (plugin->kind < EL4_PLUGIN_BOARD || plugin->kind > EL4_PLUGIN_SERVICE) {
        return g_strdup_printf("%s: it is a plugin of kind %u; this el4 knows %d (board), %d "
                               "(device) and %d (service): the plugin may need a newer el4",
                               path, plugin->kind, EL4_PLUGIN_BOARD, EL4_PLUGIN_DEVICE,
                               EL4_PLUGIN_SERVICE);
    }
    if (!plugin->name) {
        return null_problem(path, "name");
    }
    g_autofree char *name_problem = el4_plugin_name_problem(plugin->name);
    if (name_problem) {
        return g_strdup_printf("%s calls itself '%.*s'; %s: correct the name and rebuild the "
                               "plugin",
                               path, EL4_CONFIG_NAME_MAX + 1, plugin->name, name_problem);
    }
    if (strcmp(plugin->name, name) != 0) {
        return g_strdup_printf("%s calls itself '%s'; '%s' is wanted, as the file is called: "
                               "was it renamed or copied? Call it %s.so",
                               path, plugin->name, name, plugin->name);
    }
    if (!plugin->version) {
        return null_problem(path, "version");
    }
    if (!plugin->description) {
        return null_problem(path, "description");
    }
    if (!plugin->operations) {
        return null_problem(path, "operations");
    }
    return operations_problem(plugin, path);
}
