/* SPDX-License-Identifier: MIT */
/*
 * The calls that the probes make, for both instruction sets. All of them are harmless wherever
 * they are answered: those that could switch something on name this CPU, which is on, or none.
 * cases.py knows them by their names.
 */
#ifndef CALLS_H
#define CALLS_H

#include <stdint.h>

/* By which instruction a call is made; whether again at EL1 with HCR_EL2.TSC set, and at EL0.
 */
#define BY_SMC   1u
#define BY_HVC   2u
#define WITH_TSC 4u
#define AT_EL0   8u
/* Needs the upper half of x0; is a form of A32 or T32. */
#define ONLY_A64 16u
#define ONLY_A32 32u

/* How the instruction is written; those of T32 but IN_T32 are in an IT block. */
enum form { PLAIN, WITH_1, IN_T32, IF_TRUE, IF_FALSE, IT_TRUE, IT_FALSE };

struct probe_call {
    const char *name;
    const char *group; /* calls that one policy treats alike */
    uint64_t id;       /* x0 or r0 */
    uint32_t argument;
    uint32_t r12;
    enum form form;
    unsigned where;
};

/* An affinity that no CPU of any board has. */
#define NO_CPU 0x00ffffffu

static const struct probe_call probe_calls[] = {
    {"psci-version", "version", 0x84000000, 0, 0, PLAIN, BY_SMC | BY_HVC | WITH_TSC | AT_EL0},
    {"psci-version-hint", "version", 0x84010000, 0, 0, PLAIN, BY_SMC | BY_HVC},
    {"psci-version-high", "version", 0x1234567884000000, 0, 0, PLAIN,
     BY_SMC | BY_HVC | ONLY_A64},
    {"psci-version-imm1", "immediate", 0x84000000, 0, 0, WITH_1, BY_SMC | BY_HVC},
    {"psci-version-t32", "version", 0x84000000, 0, 0, IN_T32,
     BY_SMC | BY_HVC | WITH_TSC | AT_EL0 | ONLY_A32},
    {"psci-version-true", "version", 0x84000000, 0, 0, IF_TRUE, BY_SMC | WITH_TSC | ONLY_A32},
    {"psci-version-it-true", "version", 0x84000000, 0, 0, IT_TRUE,
     BY_SMC | WITH_TSC | ONLY_A32},
    {"psci-version-false", "false", 0x84000000, 0, 0, IF_FALSE, BY_SMC | WITH_TSC | ONLY_A32},
    {"psci-version-it-false", "false", 0x84000000, 0, 0, IT_FALSE,
     BY_SMC | WITH_TSC | ONLY_A32},
    /* PSCI 0.2: MIGRATE_INFO_TYPE. The Calxeda boards' 0.1: CPU_ON. */
    {"psci-6", "type", 0x84000006, NO_CPU, 0, PLAIN, BY_SMC | BY_HVC},
    {"psci-features", "features", 0x8400000a, 0x84000000, 0, PLAIN, BY_SMC | BY_HVC},
    {"psci-cpu-on-64", "cpu-on-64", 0xc4000003, NO_CPU, 0, PLAIN, BY_SMC | BY_HVC},
    {"psci-0.1-cpu-on", "old", 0x95c1ba60, NO_CPU, 0, PLAIN, BY_SMC | BY_HVC},
    {"smccc-version", "unknown", 0x80000000, 0, 0, PLAIN, BY_SMC | BY_HVC},
    {"unknown-standard", "unknown", 0x8400001f, 0, 0, PLAIN,
     BY_SMC | BY_HVC | WITH_TSC | AT_EL0},
    {"unknown-standard-t32", "unknown", 0x8400001f, 0, 0, IN_T32, BY_SMC | BY_HVC | ONLY_A32},
    {"unknown-sip-64", "unknown", 0xc2000001, 0, 0, PLAIN, BY_SMC | BY_HVC},
    {"unknown-uid", "unknown", 0x8600ff01, 0, 0, PLAIN, BY_SMC | BY_HVC},
    {"unknown-reserved", "unknown", 0x84020000, 0, 0, PLAIN, BY_SMC | BY_HVC},
    {"unknown-last", "unknown", 0xffffffff, 0, 0, PLAIN, BY_SMC | BY_HVC},
    {"yielding", "not-fast", 0x32000004, 0, 0, PLAIN, BY_SMC | BY_HVC},
    {"legacy", "not-fast", 0x00000001, 0, 0, PLAIN, BY_SMC | BY_HVC},
    /* Calxeda's monitor call 0x102: the function is in r12, r0 is its argument. */
    {"monitor-0", "not-fast", 0, 0, 0x102, PLAIN, BY_SMC},
    {"monitor-1", "not-fast", 1, 0, 0x102, PLAIN, BY_SMC | WITH_TSC},
    /* Another, 0x109, with an argument that has bit 31 set: no policy by r0 can tell. */
    {"monitor-fast", "unknown", 0x8e470001, 0, 0x109, PLAIN, BY_SMC},
};

#define PROBE_CALLS (sizeof(probe_calls) / sizeof(probe_calls[0]))

#endif
