/* SPDX-License-Identifier: MIT */
/*
 * What a cpu needs from the machine around it, as a table, so that core/cpu knows no machine.
 * Every function gets the cpu's env_data. Calls come on the vCPU's thread unless stated.
 */
#ifndef EL4_CPU_ENV_H
#define EL4_CPU_ENV_H

#include <stdbool.h>
#include <stdint.h>

struct el4_cpu;

/* Outputs of a cpu that a board wires to its interrupt controller. */
enum el4_cpu_output {
    EL4_CPU_OUT_TIMER_NS_PHYS,  /* CNTP, Non-secure EL1 physical */
    EL4_CPU_OUT_TIMER_VIRT,     /* CNTV */
    EL4_CPU_OUT_TIMER_HYP,      /* CNTHP */
    EL4_CPU_OUT_TIMER_SEC,      /* CNTPS */
    EL4_CPU_OUT_TIMER_HYP_VIRT, /* CNTHV (FEAT_VHE) */
    EL4_CPU_OUT_PMU,
    EL4_CPU_OUT_COUNT,
};

/* A system register access that the cpu does not know itself; see include/el4/sysreg.h. */
enum el4_sysreg_result {
    EL4_SYSREG_OK,
    EL4_SYSREG_UNKNOWN,
    EL4_SYSREG_UNDEFINED,
    EL4_SYSREG_TRAP
};

/* Conduits that el4_cpu_env.call can be asked about. */
enum el4_cpu_conduit { EL4_CPU_CONDUIT_SMC, EL4_CPU_CONDUIT_HVC, EL4_CPU_CONDUIT_EL4 };

/* What became of an SMC or HVC that was offered to the machine's service chain. */
enum el4_conduit_result {
    EL4_CONDUIT_HANDLED,     /* answered; execution goes on where the PC slot says */
    EL4_CONDUIT_NOT_CLAIMED, /* nobody wanted it: the architectural way */
    EL4_CONDUIT_UNDEFINED,   /* policy: UNDEFINED instruction */
    EL4_CONDUIT_TRAP,        /* policy: the architectural exception */
    EL4_CONDUIT_MOVED,       /* answered; the CPU is elsewhere now (el4_cpu_resume) */
};

struct el4_cpu_env {
    /* System counter (CNTPCT before any offset), in ticks of CNTFRQ. Any thread. */
    uint64_t (*counter)(void *data);
    /* Ask for EL4_ATTENTION_TIMER at this counter value; UINT64_MAX: never. Replaces the last.
     */
    void (*timer_deadline)(void *data, struct el4_cpu *cpu, uint64_t counter);
    /* Drive an output wire of the cpu. */
    void (*output)(void *data, struct el4_cpu *cpu, enum el4_cpu_output line, bool level);
    /* Wake the thread that may be sleeping for this cpu. Any thread. */
    void (*wake)(void *data, struct el4_cpu *cpu);
    /*
     * Registers that a device claims (GICv3 CPU interface). On TRAP, *target_el says where to
     * (EC 0x18 is made by the caller). encoding is op0:op1:CRn:CRm:op2, 2+3+4+4+3 bits.
     */
    enum el4_sysreg_result (*sysreg_read)(void *data, struct el4_cpu *cpu, uint32_t encoding,
                                          uint64_t *value, unsigned *target_el);
    enum el4_sysreg_result (*sysreg_write)(void *data, struct el4_cpu *cpu, uint32_t encoding,
                                           uint64_t value, unsigned *target_el);
    /*
     * State that the GIC CPU interface depends on changed: EL3 or the security state was
     * entered or left, HCR_EL2 or SCR_EL3 was written, the cpu was reset.
     */
    void (*control_changed)(void *data, struct el4_cpu *cpu);
    /*
     * Offer an SMC or HVC to the service chain (enum el4_cpu_conduit). The PC slot holds the
     * next instruction; a service that switches the cpu off or elsewhere rewrites it. NULL: no
     * chain.
     */
    enum el4_conduit_result (*call)(void *data, struct el4_cpu *cpu, int conduit,
                                    uint16_t immediate);
    /* 64 random bits for RNDR (FEAT_RNG); NULL: the host's. */
    uint64_t (*random)(void *data);
    /* HLT with an immediate: true if it was taken (semihosting, EL4 call), PC moves on. */
    bool (*hlt)(void *data, struct el4_cpu *cpu, uint16_t immediate);
    /* The SVC that AArch32 makes a semihosting call with: likewise. */
    bool (*semihosting)(void *data, struct el4_cpu *cpu);
    /* The guest asked for something out of the ordinary; rate-limited by the machine. */
    void (*guest_error)(void *data, struct el4_cpu *cpu, const char *text);
    /* An access to a system register that el4 does not model; AArch32: EL4_CP_ENCODING. */
    void (*unimplemented)(void *data, struct el4_cpu *cpu, uint32_t encoding, bool is_write);
    /* All cpus of the machine, for broadcasts; count in *count. */
    struct el4_cpu *const *(*cpus)(void *data, unsigned *count);
    /* Virtual clock: all cpus run on the caller's thread. */
    bool (*single_threaded)(void *data);
};

#endif
