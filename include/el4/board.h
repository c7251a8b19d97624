/* SPDX-License-Identifier: MIT */
/*
 * Boards: memory map, devices, wiring, boot. A board is mostly tables that its build call-back
 * hands to el4; the device tree is made from the same tables.
 */
#ifndef EL4_BOARD_H
#define EL4_BOARD_H

#include <el4/device.h>
#include <el4/host.h>
#include <el4/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bits for el4_board_memory.view and el4_board_device.view. 0 means both. */
#define EL4_VIEW_SECURE    (1u << 0) /* the Secure physical address space */
#define EL4_VIEW_NONSECURE (1u << 1) /* the Non-secure physical address space */

/* What a piece of memory is. */
enum el4_memory_kind {
    EL4_MEMORY_RAM, /* the guest's stores change it */
    EL4_MEMORY_ROM, /* the guest's stores have no effect; el4's loaders may write */
};

/* A piece of the machine's memory (board_memory). It is copied, its name too. */
struct el4_board_memory {
    uint32_t struct_size; /* sizeof(struct el4_board_memory) where it was compiled */
    const char *name;     /* for the memory map and messages; not NULL */
    uint64_t base;        /* physical address; multiple of 4096 */
    uint64_t bytes;       /* multiple of 4096 */
    uint32_t kind;        /* enum el4_memory_kind */
    uint32_t view;        /* EL4_VIEW_* */
    bool main;            /* the RAM that the kernel gets: a /memory node, loaders use it */
};

#define EL4_BOARD_REGIONS_MAX 8 /* How many regions el4_board_device has room for. */
#define EL4_BOARD_IRQS_MAX    8 /* How many interrupts el4_board_device has room for. */

/* Flags of an interrupt as the GIC binding's third cell wants them. */
#define EL4_IRQ_EDGE_RISING 1u /* triggered by the edge from low to high */
#define EL4_IRQ_LEVEL_HIGH  4u /* level-sensitive, active high */

/* One output wire of a device that leads to the interrupt controller. */
struct el4_board_irq {
    uint32_t output; /* of the device */
    uint32_t intid;  /* of the controller: 32 and up for shared interrupts */
    uint32_t flags;  /* EL4_IRQ_* */
};

/* A "key=value" default for the device's section; the user's file may override it. */
struct el4_board_setting {
    const char *key;   /* a key of the device plugin; NULL ends the list */
    const char *value; /* its text, as it would stand in a file */
};

/* A device of the machine (board_device): where it is and where its wires lead. It is copied.
 */
struct el4_board_device {
    uint32_t struct_size; /* sizeof(struct el4_board_device) where it was compiled */
    const char *name;     /* of the instance: section [device NAME] */
    const char *plugin;   /* of the device plugin */
    /* Where its regions go, in the order of their numbers; bytes 0: the region's own length. */
    struct {
        uint64_t base;  /* physical address; multiple of 4096 for memory */
        uint64_t bytes; /* more than the region's own is refused; less cuts it */
    } regions[EL4_BOARD_REGIONS_MAX];
    uint32_t region_count;                         /* how many of regions are used */
    uint32_t view;                                 /* EL4_VIEW_* */
    struct el4_board_irq irqs[EL4_BOARD_IRQS_MAX]; /* its interrupts, in the order in which the
                                                      device tree names them */
    uint32_t irq_count;                            /* how many of irqs are used */
    const struct el4_board_setting *settings;      /* ended by a NULL key; may be NULL */
    /* Device tree: node name without the @address; NULL: no node. */
    const char *node;
    const char *const
        *compatible; /* ended by NULL; NULL: the device's fdt call-back writes it */
    /* Further properties of this board's (clocks and the like); the node is open. May be NULL.
     */
    void (*fdt)(void *board_state, struct el4_fdt *fdt);
    /* The device is the machine's interrupt controller: irqs of the others lead to it. */
    bool interrupt_controller;
};

/*
 * A device for disks, networks or consoles that the user brings without naming a device. When
 * it gets one, el4 sets the keys of the list (ended by a NULL key, so {0} is an empty one), and
 * then what the user said, in the device's section: a disk's keys are file, and as the user
 * gives them readonly, snapshot and serial; a network's, a user-mode one, are hostfwd, restrict
 * and mac; a console's is backend.
 */
struct el4_board_place {
    uint32_t struct_size; /* sizeof(struct el4_board_place) where it was compiled */
    const char *device;   /* its name */
    const struct el4_board_setting *disk;    /* NULL: it takes no disk */
    const struct el4_board_setting *network; /* NULL: it takes no network */
    /* NULL: it takes no console. A device uart0 that the board has not told does; an el4 that
     * does not know this member gives consoles to no other. */
    const struct el4_board_setting *console;
};

/* Outputs of a CPU, for el4_board_wire.output when device is NULL. */
enum el4_cpu_wire {
    EL4_CPU_WIRE_TIMER_NS_PHYS,  /* the EL1 physical timer (CNTP, of Non-secure state) */
    EL4_CPU_WIRE_TIMER_VIRT,     /* the virtual timer (CNTV) */
    EL4_CPU_WIRE_TIMER_HYP,      /* the EL2 physical timer (CNTHP) */
    EL4_CPU_WIRE_TIMER_SEC,      /* the Secure physical timer (CNTPS) */
    EL4_CPU_WIRE_TIMER_HYP_VIRT, /* the EL2 virtual timer (CNTHV) */
    EL4_CPU_WIRE_PMU,            /* the performance monitors' overflow interrupt */
};

/* A wire to an input of a device (board_wire). It is copied. */
struct el4_board_wire {
    uint32_t struct_size;    /* sizeof(struct el4_board_wire) where it was compiled */
    const char *from_device; /* NULL: the CPU number `cpu` */
    uint32_t cpu;            /* index of the CPU, if from_device is NULL */
    uint32_t output;         /* of the device; of a CPU an enum el4_cpu_wire */
    const char *to_device;   /* name of the instance at the other end */
    uint32_t input; /* of to_device; EL4_INPUT_PRIVATE() and INTIDs for interrupt controllers */
};

/* How the machine starts. */
struct el4_board_boot {
    uint32_t struct_size;   /* sizeof(struct el4_board_boot) where it was compiled */
    uint64_t ram_base;      /* main RAM, for the loaders */
    uint64_t reset_address; /* first instruction when a firmware image is given or nothing is */
    uint64_t bios_base;     /* where [boot] bios goes (ROM or flash); */
    uint64_t bios_bytes;    /*   0: the board takes no firmware image */
    uint64_t dtb_address;   /* where firmware expects the device tree; 0: loader's choice */
    /* Exception level and security of a directly booted kernel; 0: highest Non-secure. */
    uint8_t kernel_el;
    bool kernel_secure; /* a directly booted kernel starts in Secure state */
    /* All CPUs run from reset when firmware is given and nothing claims CPU_ON; false: CPU 0.
     */
    bool all_cpus_start;
    /* Base of the CPUs' private peripherals, which they tell in CBAR (PERIPHBASE of the
     * Cortex-A models). */
    uint64_t periphbase;
    /*
     * Code of the board's own around a directly booted kernel, as a boot ROM would leave it:
     * `words` A32 or A64 instructions and data, written to `address` at each reset; a multiple
     * of 4. The words must live as long as the board's state. NULL: none. Not used with
     * firmware.
     */
    struct {
        const uint32_t *code; /* the words; NULL: no stub */
        uint32_t words;       /* how many */
        uint64_t address;     /* physical address that they are written to */
        /*
         * CPU 0 begins here, at EL3 in Secure state, instead of at the kernel; the arguments
         * are the kernel's, and the kernel's entry is in r14 (x30). 0: at the kernel. It takes
         * CPUs with el3 = guest.
         */
        uint64_t first_cpu;
        /* The other CPUs begin here, in the state in which kernels start, if no service starts
         * CPUs. 0: they stay off. */
        uint64_t other_cpus;
    } stub;
};

/* What a board plugin gives to el4 (el4_plugin.operations): constant, and there as long as the
 * plugin is. */
struct el4_board_operations {
    uint32_t struct_size; /* sizeof(struct el4_board_operations) where it was compiled */
    /* Make an instance. NULL after fail(). */
    void *(*create)(const struct el4_host *host, struct el4_instance *self);
    void (*destroy)(void *state); /* may be NULL */
    /* Call board_memory, board_place, board_device, board_wire and board_boot. False after
     * fail(). */
    bool (*build)(void *state);
    /* MPIDR affinity (bits 39:32 and 23:0) of a CPU. NULL: Aff0 = number. */
    uint64_t (*cpu_affinity)(void *state, unsigned cpu);
    /* The CPU model if the user names none, for example "cortex-a53". */
    const char *default_cpu;
    /* Largest number of CPUs; machine.cpus is checked against it. */
    unsigned cpus_max;
    /* Frequency of the system counter (CNTFRQ_EL0) in Hz. */
    uint64_t counter_hz;
    /* Default RAM in bytes, when machine.memory is not set. */
    uint64_t memory_default;
    /* Default chains: "psci, smccc-arch, smccc-unknown"; NULL: none. The result may depend on
     * the machine's el2 and el3 (host->machine_uint). conduit is an enum el4_conduit. */
    const char *(*default_chain)(void *state, unsigned conduit);
    /* The root node is open: write what the tables do not say (compatible, clocks, chosen
     * extras). CPU, memory, chosen, device and service nodes are el4's. */
    void (*fdt)(void *state, struct el4_fdt *fdt);
};

#ifdef __cplusplus
}
#endif

#endif
