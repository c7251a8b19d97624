/* SPDX-License-Identifier: MIT */
/*
 * Boards without a plugin: `[machine] board = described` and the sections that say what such a
 * board has. [board] is the whole; [memory NAME], [device NAME] with a `type`, [devices NAME]
 * and [node NAME] are parts. Devices and nodes may stand beside a board plugin's, too.
 *
 * Everything here is input from a file: what makes no sense is an error with file, line and
 * key.
 */
#ifndef EL4_MACHINE_DESCRIBED_H
#define EL4_MACHINE_DESCRIBED_H

#include "machine/private.h"

/* What stands in for a board plugin; its operations are filled in from [board]. */
extern const struct el4_plugin el4_described_board;

/* The board's state. */
struct described {
    struct el4_machine *machine;
    uint32_t *stub;
};

/* ---- described.c ---- */
/* For help alone, under names such as "device NAME". */
bool el4_described_part_schemas(struct el4_config *config, GError **error);
/* Call `add` for each section whose first word this is; the name is the rest. */
typedef bool el4_described_part(struct el4_machine *machine, const char *section,
                                const char *name, GError **error);
bool el4_described_each(struct el4_machine *machine, const char *word, const char *example,
                        el4_described_part *add, GError **error);
bool el4_described_is_board(const struct el4_machine *machine);
/* The checked section [board] becomes the board's operations. */
void el4_described_read_board(struct el4_machine *machine);
/* Memory and boot of a described board, and all described devices, wires and nodes. */
bool el4_described_add(struct el4_machine *machine, GError **error);

/* What a board_* function said through fail() becomes an error at a key. Returns false. */
bool el4_described_refuse_at(struct el4_machine *machine, const char *section, const char *key,
                             GError **error);

/* The choice of the keys `when` and `view` (enum el4_described_*). */
extern const char *const el4_described_when_choices[];
extern const char *const el4_described_view_choices[];
#define EL4_DESCRIBED_WHEN_HELP                                                                \
    "The machines that have it. always; el2, el3: those whose CPUs have that level; "          \
    "el3-guest: "                                                                              \
    "those with el3 = guest."
#define EL4_DESCRIBED_VIEW_HELP                                                                \
    "Who sees it: both security states, secure or nonsecure software alone; firmware: secure " \
    "with el3 = guest, else both."
/* Whether this machine has the part; false with *error if `when` is no choice. */
bool el4_described_applies(const struct el4_machine *machine, const char *section,
                           bool *applies, GError **error);
uint32_t el4_described_view(const struct el4_machine *machine, const char *section);

/* ---- described-devices.c ---- */
/* For el4_described_part_schemas(). */
bool el4_described_device_schemas(struct el4_config *config, GError **error);
bool el4_described_add_devices(struct el4_machine *machine, GError **error);
/* When all wires are there: no level can come back to where it came from. */
bool el4_described_check_ways(struct el4_machine *machine, GError **error);
/* [device NAME] has a `type`: it is a device of this or of another machine. */
bool el4_described_is_device(const struct el4_config *config, const char *section);

/* ---- described-fdt.c ---- */
/* For el4_described_part_schemas(). */
bool el4_described_node_schemas(struct el4_config *config, GError **error);
/* Look whether all nodes, and properties of devices, can be written. */
bool el4_described_check_nodes(struct el4_machine *machine, GError **error);
bool el4_described_check_properties(const struct el4_config *config, const char *section,
                                    const char *key, GError **error);
void el4_described_write_properties(const struct el4_config *config, const char *section,
                                    const char *key, struct el4_fdt *fdt);
/* Strings of a key, divided at white space that is not in single quotes; NULL if there are
 * none. g_strfreev() it. */
char **el4_described_strings(const struct el4_config *config, const char *section,
                             const char *key);
void el4_described_write_nodes(struct el4_machine *machine, struct el4_fdt *fdt);
/* What the section of a described device adds to its node, which is open. */
void el4_described_write_device(const struct el4_machine *machine,
                                const struct el4_instance *device, struct el4_fdt *fdt);

/* ---- described-words.c: words of lists. All of `text` must fit. ---- */
/* "spi5": a shared interrupt; "ppi5": one that each CPU has. */
bool el4_described_interrupt(const char *text, uint32_t *intid);
/* "spi5", "spi5:edge", with private ones "ppi5" too. */
bool el4_described_interrupt_flags(const char *text, struct el4_board_irq *irq);
/* "[OUTPUT:]spi5[:edge]". */
bool el4_described_irq(const char *text, struct el4_board_irq *irq);
/* "0x1000" or "0x1000+0x100". */
bool el4_described_region(const char *text, uint64_t *base, uint64_t *bytes);
/* A wire's end, "DEVICE:INPUT"; INPUT is a number, "spi5", or "ppi5@CPU". The name is the
 * caller's to free; *cpu is -1 without one. */
bool el4_described_end(const char *text, char **device, uint32_t *input, int *cpu);
/* "OUTPUT:" or "FIRST-LAST:" at the beginning; the rest, or NULL. */
const char *el4_described_outputs(const char *text, uint32_t *first, uint32_t *last);

#endif
