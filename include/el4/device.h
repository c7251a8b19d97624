/* SPDX-License-Identifier: MIT */
/*
 * Devices: what they give to el4. A device knows offsets within its own regions and numbers of
 * its own wires; where regions lie and wires lead is the board's business.
 */
#ifndef EL4_DEVICE_H
#define EL4_DEVICE_H

#include <el4/host.h>
#include <el4/plugin.h>
#include <poll.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who makes an access, for devices whose registers are banked or protected. */
struct el4_access {
    uint32_t struct_size; /* sizeof(struct el4_access) of the running el4 */
    int32_t cpu;          /* index of the CPU, -1 for a bus master or el4 itself */
    bool secure;          /* made through the Secure physical address space */
    bool privileged;      /* from EL1 or above */
};

/* What comes of an access. */
enum el4_mmio_result {
    EL4_MMIO_OK,    /* the access is made */
    EL4_MMIO_FAULT, /* the guest takes a synchronous external abort */
};

/*
 * A region of registers. Sizes and alignment are checked by the bus: an access of a size that
 * is not declared faults without reaching the device. Values are little-endian numbers.
 */
struct el4_mmio {
    uint32_t struct_size; /* sizeof(struct el4_mmio) where it was compiled */
    const char *name;     /* for traces; NULL: the instance's name */
    uint64_t bytes;       /* length of the region */
    unsigned size_min;    /* smallest access in bytes: 1, 2, 4 or 8; 0 means 4 */
    unsigned size_max;    /* largest; 0 means size_min */
    /* Read `size` bytes at `offset` (aligned to size) into *value. */
    enum el4_mmio_result (*read)(void *state, uint64_t offset, unsigned size, uint64_t *value,
                                 const struct el4_access *access);
    /* Write the `size` low bytes of value at `offset` (aligned to size). */
    enum el4_mmio_result (*write)(void *state, uint64_t offset, unsigned size, uint64_t value,
                                  const struct el4_access *access);
};

/* Memory inside a device. Without call-backs it is plain RAM or ROM. */
struct el4_memory {
    uint32_t struct_size; /* sizeof(struct el4_memory) where it was compiled */
    const char *name;     /* for traces; NULL: the instance's name */
    uint64_t bytes;       /* multiple of 4096 */
    bool writable;        /* the guest's stores go to memory */
    /* With a write call-back stores come here instead, and reads too while direct mode is off
     * (memory_set_direct): NOR flash. Members of el4_mmio, its bytes being ignored. */
    const struct el4_mmio *mmio;
};

/* Interrupt inputs of a CPU, for cpu_line_set. */
enum el4_cpu_line {
    EL4_CPU_IRQ,  /* the IRQ exception */
    EL4_CPU_FIQ,  /* the FIQ exception */
    EL4_CPU_VIRQ, /* the virtual IRQ exception, of a guest of EL2 */
    EL4_CPU_VFIQ, /* the virtual FIQ exception, of a guest of EL2 */
};

/* A system register as a number: op0 15:14, op1 13:11, CRn 10:7, CRm 6:3, op2 2:0. */
#define EL4_SYSREG(op0, op1, crn, crm, op2)                                                    \
    (((op0) << 14) | ((op1) << 11) | ((crn) << 7) | ((crm) << 3) | (op2))

/* One MRS or MSR of a claimed register. */
struct el4_sysreg_access {
    uint32_t struct_size; /* sizeof(struct el4_sysreg_access) of the running el4 */
    uint32_t encoding;    /* EL4_SYSREG() */
    unsigned cpu;         /* index of the CPU */
    unsigned el;      /* of the instruction; EL0 accesses are UNDEFINED before they get here */
    bool secure;      /* the current security state (EL3: by SCR_EL3.NS) */
    uint64_t hcr_el2; /* effective value: 0 when EL2 is not there or not enabled */
    uint64_t scr_el3; /* 0 when there is no EL3 */
    bool has_el2, has_el3; /* the CPU implements these levels */
    uint64_t value;        /* result of a read, operand of a write */
    unsigned trap_el;      /* set by the call-back when it returns TRAPS */
};

/* What comes of an access to a claimed register. */
enum el4_sysreg_verdict {
    EL4_SYSREG_DONE,  /* the access is made; of a read, value is the result */
    EL4_SYSREG_UNDEF, /* the instruction is UNDEFINED here */
    EL4_SYSREG_TRAPS, /* trapped to trap_el with EC 0x18 */
};

/* Registers of a device in the CPUs' system register space (sysreg_claim). It is copied. */
struct el4_sysreg_ops {
    uint32_t struct_size; /* sizeof(struct el4_sysreg_ops) where it was compiled */
    /* MRS: set value, or say UNDEF, or set trap_el and say TRAPS. */
    enum el4_sysreg_verdict (*read)(void *state, struct el4_sysreg_access *access);
    /* MSR of value: the same. */
    enum el4_sysreg_verdict (*write)(void *state, struct el4_sysreg_access *access);
};

/* File descriptors that an instance wants watched by the machine's poll loop. */
struct el4_poll_ops {
    uint32_t struct_size; /* sizeof(struct el4_poll_ops) where it was compiled */
    /* Put up to `capacity` descriptors into fds, lower *timeout_ns if something is due
     * earlier, return how many there are. */
    size_t (*fill)(void *opaque, struct pollfd *fds, size_t capacity, int64_t *timeout_ns);
    /* The same descriptors after poll(), revents set; also called after a time-out. */
    void (*ready)(void *opaque, struct pollfd *fds, size_t count);
};

/* What a device plugin gives to el4 (el4_plugin.operations): constant, and there as long as the
 * plugin is. */
struct el4_device_operations {
    uint32_t struct_size; /* sizeof(struct el4_device_operations) where it was compiled */
    /* Make an instance: read configuration, declare regions. NULL after fail(). */
    void *(*create)(const struct el4_host *host, struct el4_instance *self);
    /* Free it. May be NULL. */
    void (*destroy)(void *state);
    /* Power-on state, also of the outputs. Called once before the first run and at each system
     * reset. */
    void (*reset)(void *state);
    /* An input wire changed. May be NULL if there are none. */
    void (*wire_changed)(void *state, unsigned input, bool level);
    /*
     * Write properties into the device's node, which is open, with `reg` and `interrupts`
     * written from the board's list already. NULL: the device has no node of its own.
     */
    void (*fdt)(void *state, struct el4_fdt *fdt);
    /*
     * A CPU's control state changed (exception level, HCR_EL2, SCR_EL3) in a way that an
     * interrupt controller with a CPU interface may care about. May be NULL.
     */
    void (*cpu_changed)(void *state, unsigned cpu, const struct el4_sysreg_access *control);
    /* A CPU was powered off or started anew: banked CPU interface state returns to reset. */
    void (*cpu_reset)(void *state, unsigned cpu);
    /* Firmware's part when the guest is started below the level that would set the device up
     * (direct kernel boot): for example all interrupts to Group 1. May be NULL. */
    void (*firmware_setup)(void *state, bool nonsecure);
};

/*
 * Inputs of an interrupt controller: shared interrupts have input number = INTID; those private
 * to a CPU add (cpu + 1) << 16.
 */
#define EL4_INPUT_PRIVATE(cpu, intid) ((((cpu) + 1u) << 16) | (intid))

#ifdef __cplusplus
}
#endif

#endif
