/* SPDX-License-Identifier: MIT */
/*
 * What boards are made of: tables of devices, of blocks that are not modelled and of memories,
 * the wires and the interrupt controller of the Cortex-A cores, and a board's state as far as
 * all have it. All of it goes through el4's public table; functions that return bool say false
 * after fail().
 */
#ifndef BOARD_PARTS_H
#define BOARD_PARTS_H

#include <el4/board.h>

#define BOARD_MIB (1ull << 20)
#define BOARD_GIB (1ull << 30)

#define BOARD_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The INTID of a shared interrupt. */
#define BOARD_SPI(n) ((n) + 32u)

/* For the tables: an output that is shared interrupt `spi`. */
#define BOARD_IRQ(output, spi)                                                                 \
    {                                                                                          \
        (output), BOARD_SPI(spi), EL4_IRQ_LEVEL_HIGH                                           \
    }

/* What machine_uint says of "el3". */
enum board_el3 { BOARD_EL3_NONE, BOARD_EL3_GUEST, BOARD_EL3_EMULATOR };

/* INTIDs of the generic timers' interrupts (Arm BSA; DDI 0438 8.2.2 for the Cortex-A15). */
enum {
    BOARD_INTID_TIMER_HYP = 26,
    BOARD_INTID_TIMER_VIRT = 27,
    BOARD_INTID_TIMER_HYP_VIRT = 28,
    BOARD_INTID_TIMER_SEC = 29,
    BOARD_INTID_TIMER_NS_PHYS = 30,
};

/* The first member of each board's state. */
struct board {
    const struct el4_host *host;
    struct el4_instance *self;
};

/* A state of `bytes` zeros that begins with a struct board; free() ends it. NULL after fail().
 */
void *el4_board_create(const struct el4_host *host, struct el4_instance *self, size_t bytes);

/* What the machine has. */
enum board_el3 el4_board_el3(const struct board *board);
bool el4_board_has_el2(const struct board *board);
unsigned el4_board_cpus(const struct board *board);

/* ---- devices ---- */

/* A device with one region, one interrupt at most, and no node in a device tree. */
struct board_device {
    const char *name, *plugin;
    uint64_t base;
    struct el4_board_irq irq; /* intid 0: none */
    const struct el4_board_setting *settings;
};

/* A block that software touches, and that the plugin `absent` stands for. */
struct board_absent {
    const char *name, *what;
    uint64_t base;
    uint32_t bytes;
    const char *constants; /* the key of absent; may be NULL */
};

struct board_memory {
    const char *name;
    uint64_t base, bytes;
};

/* board_device of the table; struct_size is filled in. */
bool el4_board_add(const struct board *board, const struct el4_board_device *device);
bool el4_board_add_devices(const struct board *board, const struct board_device *devices,
                           size_t count);
bool el4_board_add_absent(const struct board *board, const struct board_absent *blocks,
                          size_t count);
/* board_place, where el4 has it: an older one fills virtio slots and uart0 by itself.
 * struct_size is filled in. */
bool el4_board_add_place(const struct board *board, const struct el4_board_place *place);
/* Slots virtio0 and up, 0x200 bytes each, with interrupts from `spi` on: places for disks and
 * networks, from the last one down. `like` has what goes into the device tree. */
bool el4_board_add_virtio(const struct board *board, const struct el4_board_device *like,
                          uint64_t base, unsigned count, unsigned spi);

/*
 * The GICv2 of a Cortex-A7 or A15 (DDI 0464 and 0438, 8.2.1): distributor, CPU interfaces and,
 * with EL2, their virtual ones in the 32 KiB from PERIPHBASE on; 128 shared interrupts. model:
 * the key of gicv2; NULL leaves its default.
 */
bool el4_board_add_core_gic(const struct board *board, uint64_t periphbase, const char *model);

/* ---- memory ---- */

/* The main memory, "ram", as large as the machine's; false if it is more than bytes_max. */
bool el4_board_add_ram(const struct board *board, uint64_t base, uint64_t bytes_max);
bool el4_board_add_memories(const struct board *board, const struct board_memory *memories,
                            size_t count);

/* ---- wires ---- */

/* From a device, or from a CPU if that is NULL. */
bool el4_board_connect(const struct board *board, const char *from, unsigned cpu,
                       uint32_t output, const char *to, uint32_t input);
/* The four generic timers that each core with EL2 or without has, to "gic". */
bool el4_board_connect_timers(const struct board *board, unsigned cpu);
/* The timers of all CPUs, and the PMU of CPU n to shared interrupt pmu_spis[n]. */
bool el4_board_connect_cores(const struct board *board, const uint8_t *pmu_spis);

/* ---- call-backs that boards share ---- */

/* The root's compatible strings (ended by NULL), model, and cells of two each. */
void el4_board_fdt_root(const struct board *board, struct el4_fdt *fdt,
                        const char *const *compatible, const char *model);
/*
 * For boards that came without firmware: calls are answered at the level above the guest's
 * highest - by HVC if it has EL1 only, by SMC if it has EL2, or if EL3 is there and el4 plays
 * its firmware. A guest that owns EL3 gets all of its calls itself. `state` is the board's.
 */
const char *el4_board_default_chain(void *state, unsigned conduit);

#endif
