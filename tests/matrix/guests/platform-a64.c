/* SPDX-License-Identifier: MIT */
/* The platform in A64, on the runtime of tests/guest. */
#include "platform.h"

#include "guest.h"
#include "platform-isa.h"

#define TIMER_INTID 30
#define GICR        0x080a0000ul

const uintptr_t misaligned_bits = 1;
const uintptr_t entry_address = (uintptr_t)secondary_entry;

static bool hvc;
static unsigned boot_level;

uint32_t isa_affinity(void)
{
    return (uint32_t)read_reg(mpidr_el1) & 0xffffff;
}

void isa_by_hvc(bool by_hvc)
{
    hvc = by_hvc;
}

uintptr_t firmware(uint32_t id, uintptr_t a, uintptr_t b, uintptr_t c)
{
    struct outcome outcome = call(hvc ? HVC : SMC, id, a, b, c);
    if (outcome.trapped) {
        give_up("a call was not answered");
    }
    return outcome.x[0];
}

static uint64_t sctlr(void)
{
    return boot_level == 2 ? read_reg(sctlr_el2) : read_reg(sctlr_el1);
}

/* DEN0022 6.4: the highest Non-secure level, everything masked, MMU and caches off. */
static void on_entry(uint64_t context, uint64_t daif, uint64_t spsel)
{
    entered(context,
            current_level() == boot_level && daif == 0x3c0 && spsel == 1 && !(sctlr() & 5));
}

void guest_main(void)
{
    boot_level = current_level();
    secondary_hook = on_entry;
    if (boot_level == 2) {
        set_up_el2();
    }
    platform_start();
    probe_main();
}

/* ---- what wakes ---- */

uint64_t ticks(void)
{
    return counter();
}

unsigned isa_timer_start(void)
{
    timer_off();
    return TIMER_INTID;
}

void wake_in(uint32_t ticks_from_now)
{
    write_reg(cntp_cval_el0, counter() + ticks_from_now);
    write_reg(cntp_ctl_el0, 1);
}

void wake_done(void)
{
    timer_off();
}

void isa_gicv3_start(unsigned interrupt)
{
    volatile uint32_t *enable =
        (volatile uint32_t *)(GICR + 0x20000 * this_cpu_index() + 0x10000 + 0x100);
    if (current_level() == 2) {
        write_reg(S3_4_C12_C9_5, 15); /* ICC_SRE_EL2 */
    }
    gic_start();
    *enable = 1u << interrupt | 0xffff;
}

void isa_gicv3_send_sgi(unsigned cpu, unsigned intid)
{
    write_reg(S3_0_C12_C11_5, 1u << cpu | intid << 24); /* ICC_SGI1R_EL1 */
}

unsigned isa_gicv3_acknowledge(void)
{
    uint64_t taken = read_reg(S3_0_C12_C12_0); /* ICC_IAR1_EL1 */
    write_reg(S3_0_C12_C12_1, taken);          /* ICC_EOIR1_EL1 */
    return (unsigned)taken & 0xffffff;
}
