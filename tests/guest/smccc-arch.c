/* SPDX-License-Identifier: MIT */
/*
 * SMCCC discovery as Linux does it: PSCI_FEATURES says whether SMCCC_VERSION is there, and what
 * 1.1 promises is there or answers -1.
 */
#include "guest.h"

#define VERSION       0x80000000u
#define ARCH_FEATURES 0x80000001u
#define SOC_ID        0x80000002u

static struct outcome features(uint64_t id)
{
    return call(HVC, ARCH_FEATURES, id, 0, 0);
}

void guest_main(void)
{
    check_answer("PSCI_FEATURES(SMCCC_VERSION)", call(HVC, PSCI_FEATURES, VERSION, 0, 0), 0);
    check_answer("SMCCC_VERSION", call(HVC, VERSION, 0, 0, 0), 0x10002);
    check_answer("TRNG_VERSION, which is not there", call(HVC, 0x84000050, 0, 0, 0),
                 NOT_SUPPORTED);
    check_answer("vendor UID, which is not there", call(HVC, 0x8600ff01, 0, 0, 0),
                 NOT_SUPPORTED);
    check_answer("PSCI_FEATURES(TRNG_VERSION)", call(HVC, PSCI_FEATURES, 0x84000050, 0, 0),
                 NOT_SUPPORTED);
    check_answer("ARCH_FEATURES(SMCCC_VERSION)", features(VERSION), 0);
    check_answer("ARCH_FEATURES(SOC_ID)", features(SOC_ID), 0);
    check_answer("SOC_ID version", call(HVC, SOC_ID, 0, 0, 0), 0x043b0001);
    check_answer("SOC_ID revision", call(HVC, SOC_ID, 1, 0, 0), 5);
    check_answer("SOC_ID of a bad type", call(HVC, SOC_ID, 3, 0, 0), (uint64_t)-3);
    check_answer("ARCH_FEATURES(WORKAROUND_1): needed", features(0x80008000), 0);
    check_answer("ARCH_FEATURES(WORKAROUND_2): not required", features(0x80007fff),
                 (uint64_t)-2);
    check_answer("ARCH_FEATURES(WORKAROUND_3): absent", features(0x80003fff), NOT_SUPPORTED);
    check_answer("ARCH_FEATURES(PV_TIME_FEATURES)", features(0xc5000020), NOT_SUPPORTED);
    check_answer("ARCH_FEATURES(PSCI_VERSION)", features(PSCI_VERSION), NOT_SUPPORTED);
    struct outcome outcome = call(HVC, 0x80008000, 1, 2, 3);
    check_answer("WORKAROUND_1 returns nothing", outcome, 0x80008000);
    check("and changes nothing", kept_registers(&outcome, 1, 2, 3), true);
    check_answer("WORKAROUND_3 is not there", call(HVC, 0x80003fff, 0, 0, 0), NOT_SUPPORTED);
}
