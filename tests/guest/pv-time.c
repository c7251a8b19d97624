/* SPDX-License-Identifier: MIT */
/*
 * Stolen time (Arm DEN0057): two busy CPUs with the virtual clock take each other's time, a
 * sleeping one takes none.
 */
#include "guest.h"

#define ARCH_FEATURES    0x80000001u
#define PV_TIME_FEATURES 0xc5000020u
#define PV_TIME_ST       0xc5000021u
#define WORK_US          200000u

static volatile uint64_t other_is_up, other_may_end, other_ended;

static const volatile uint64_t *record_of_this_cpu(void)
{
    return (const volatile uint64_t *)call(HVC, PV_TIME_ST, 0, 0, 0).x[0];
}

static void other_cpu(uint64_t context, uint64_t daif, uint64_t spsel)
{
    (void)context, (void)daif, (void)spsel;
    other_is_up = 1;
    while (!other_may_end) {
    }
    other_ended = 1;
    psci(PSCI_CPU_OFF, 0, 0, 0);
}

static uint64_t stolen_while_working(const volatile uint64_t *record)
{
    uint64_t before = record[1];
    delay_us(WORK_US);
    return record[1] - before;
}

void guest_main(void)
{
    by = HVC;
    check_answer("ARCH_FEATURES(PV_TIME_FEATURES)",
                 call(HVC, ARCH_FEATURES, PV_TIME_FEATURES, 0, 0), 0);
    check_answer("PV_TIME_FEATURES(PV_TIME_ST)", call(HVC, PV_TIME_FEATURES, PV_TIME_ST, 0, 0),
                 0);
    check_answer("PV_TIME_FEATURES(0xc5000022)", call(HVC, PV_TIME_FEATURES, 0xc5000022, 0, 0),
                 NOT_SUPPORTED);
    check_answer("0xc5000022 is unknown", call(HVC, 0xc5000022, 0, 0, 0), NOT_SUPPORTED);
    /* 128 MiB of RAM from 0x40000000 on: the record of CPU 0 is first in its last 64 KiB. */
    check_answer("PV_TIME_ST", call(HVC, PV_TIME_ST, 0, 0, 0), 0x47ff0000);
    const volatile uint64_t *record = record_of_this_cpu();
    check("revision and attributes", record[0], 0);
    check("alone, nothing is stolen", stolen_while_working(record), 0);

    secondary_hook = other_cpu;
    check("CPU_ON", (uint64_t)psci(PSCI_CPU_ON | SMC64, 1, (uint64_t)secondary_entry, 0), 0);
    check("the other CPU is up", wait_for(&other_is_up, 1), true);
    uint64_t share = stolen_while_working(record) * 100 / (WORK_US * 1000ull);
    check("the other takes half of the time", share >= 35 && share <= 65, true);
    other_may_end = 1;
    check("the other CPU ended", wait_for(&other_ended, 1), true);
    delay_us(20000);
    check("and then nothing", stolen_while_working(record), 0);
}
