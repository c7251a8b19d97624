/* SPDX-License-Identifier: MIT */
/*
 * EL2 as a host (FEAT_VHE, DDI 0487 D8.1, D13.1): register redirection with HCR_EL2.E2H, the
 * EL12 and EL02 aliases, EL0 under HCR_EL2.TGE, the EL2&0 regime. And what ID registers EL1
 * sees under a hypervisor.
 */
#include "common/cpu.h"

#define HCR_IMO (1ull << 4)
#define HCR_TGE (1ull << 27)
#define HCR_E2H (1ull << 34)

#define CONTEXTIDR_EL2 S3_4_C13_C0_1
#define TTBR1_EL2      S3_4_C2_C0_1
#define SCTLR_EL12     S3_5_C1_C0_0
#define CPACR_EL12     S3_5_C1_C0_2
#define TTBR0_EL12     S3_5_C2_C0_0
#define VBAR_EL12      S3_5_C12_C0_0
#define FAR_EL12       S3_5_C6_C0_0
#define ESR_EL12       S3_5_C5_C2_0
#define ELR_EL12       S3_5_C4_C0_1
#define SPSR_EL12      S3_5_C4_C0_0
#define CNTP_CTL_EL02  S3_5_C14_C2_1
#define CNTP_CVAL_EL02 S3_5_C14_C2_2
#define CNTV_CTL_EL02  S3_5_C14_C3_1

static void check_redirection(void)
{
    write_reg(far_el1, 0x1111);
    write_reg(far_el2, 0x2222);
    write_reg(contextidr_el1, 0x33);
    write_reg(CONTEXTIDR_EL2, 0x44);
    write_reg(ttbr1_el1, 0x55000);
    write_reg(TTBR1_EL2, 0x66000);
    write_reg(cntp_cval_el0, 0x7777);
    write_reg(cnthp_cval_el2, 0x8888);
    uint64_t vbar = read_reg(vbar_el2);
    write_reg(hcr_el2, HCR_RW | HCR_E2H);
    check("E2H: FAR_EL1 is FAR_EL2", read_reg(far_el1), 0x2222);
    check("E2H: FAR_EL12 is FAR_EL1", read_reg(FAR_EL12), 0x1111);
    check("E2H: CONTEXTIDR_EL1", read_reg(contextidr_el1), 0x44);
    check("E2H: TTBR1_EL1", read_reg(ttbr1_el1), 0x66000);
    check("E2H: VBAR_EL1", read_reg(vbar_el1), vbar);
    check("E2H: CNTP_CVAL_EL0 is CNTHP's", read_reg(cntp_cval_el0), 0x8888);
    check("E2H: CNTP_CVAL_EL02 is CNTP's", read_reg(CNTP_CVAL_EL02), 0x7777);
    write_reg(CNTP_CVAL_EL02, 0x9999);
    write_reg(FAR_EL12, 0xaaaa);
    write_reg(ELR_EL12, 0xbbbc);
    write_reg(ESR_EL12, 0x1234);
    write_reg(far_el1, 0xcccc);
    write_reg(cpacr_el1, 3u << 20);
    check("E2H: CPACR_EL1 is CPTR_EL2", read_reg(cptr_el2) >> 20 & 3, 3);
    uint64_t tpidr = read_reg(tpidr_el1);
    check("E2H: TPIDR_EL1 stays its own", tpidr, 0);
    write_reg(hcr_el2, HCR_RW);
    check("written by FAR_EL12", read_reg(far_el1), 0xaaaa);
    check("written by ELR_EL12", read_reg(elr_el1), 0xbbbc);
    check("written by ESR_EL12", read_reg(esr_el1), 0x1234);
    check("written by FAR_EL1 at EL2", read_reg(far_el2), 0xcccc);
    check("written by CNTP_CVAL_EL02", read_reg(cntp_cval_el0), 0x9999);
}

static void expect_undefined(const char *name, uint64_t before)
{
    check(name, note()->count - before, 1);
    check("... UNDEFINED", note()->esr, ESR(0, 0));
}

static uint64_t aliases_at_el1(uint64_t unused)
{
    uint64_t before = note()->count;
    __asm__ volatile("mrs x9, " STRING(FAR_EL12)::: "x9", "memory");
    expect_undefined("FAR_EL12 at EL1", before);
    return unused;
}

static void check_undefined(void)
{
    uint64_t before = note()->count;
    __asm__ volatile("mrs x9, " STRING(SCTLR_EL12)::: "x9", "memory");
    expect_undefined("SCTLR_EL12 without E2H", before);
    before = note()->count;
    __asm__ volatile("mrs x9, " STRING(CNTV_CTL_EL02)::: "x9", "memory");
    expect_undefined("CNTV_CTL_EL02 without E2H", before);
}

/* ---- EL0 of the host ---- */

/* Counts first, so that the function may end wherever its exception leaves it. */
static void run_user(const char *name, uint32_t insn, uint64_t esr)
{
    put32(SCRATCH, insn);
    put32(SCRATCH + 4, INSN_RET);
    sync_code(SCRATCH);
    uint64_t before = note()->count;
    run_lower(SPSR_EL0, (uint64_t(*)(uint64_t))user(SCRATCH), 0);
    check(name, note()->count - before, 1);
    check("... ESR", note()->esr, esr);
    check("... level", note()->level, 2);
    check("... vector", note()->kind, 8);
}

static void check_user(void)
{
    write_reg(hcr_el2, HCR_RW | HCR_E2H | HCR_TGE);
    mmu_on(1); /* goes to the registers of EL2 */
    tlbi(vmalle1);
    check("EL2&0: MMU on by SCTLR_EL1", read_reg(sctlr_el2) & SCTLR_M, SCTLR_M);
    run_user("TGE: SVC of EL0", 0xd4000001 | 3 << 5, ESR(0x15, 3));
    run_user("TGE: BRK of EL0", 0xd4200000 | 4 << 5, ESR(0x3c, 4));
    run_user("TGE: UNDEFINED of EL0", 0, ESR(0, 0));
    run_user("TGE: load of a page of EL2", 0xf9400000, ESR(0x24, 0xd));
    put32(SCRATCH, 0xf9400000); /* LDR X0, [X0] */
    put32(SCRATCH + 4, INSN_RET);
    *(volatile uint64_t *)(SCRATCH + 0x100) = 0x77;
    sync_code(SCRATCH);
    check("EL0 reads its memory",
          run_lower(SPSR_EL0, (uint64_t(*)(uint64_t))user(SCRATCH), user(SCRATCH + 0x100)),
          0x77);
    uint64_t before = note()->count;
    run_lower(SPSR_EL0, (uint64_t(*)(uint64_t))user(SCRATCH), SCRATCH + 0x100);
    check("EL0 does not read EL2's", note()->count - before, 1);
    check("... permission, level 1", note()->esr, ESR(0x24, 0xd));
    /* PAN works at EL2 in this regime. */
    write_reg(S3_0_C4_C2_3, 1u << 22);
    check("PAN at EL2", try_read(user(SCRATCH + 0x100)), FAULTED);
    write_reg(S3_0_C4_C2_3, 0);
    check("PAN clear", try_read(user(SCRATCH + 0x100)), 0x77);
    /* An ERET to EL1 is illegal with TGE (D1.3.4.2). */
    before = note()->count;
    __asm__ volatile("adr x9, 1f\n\tmsr elr_el2, x9\n\tmov x9, #0x3c5\n\tmsr spsr_el2, x9\n\t"
                     "isb\n\teret\n1: nop" ::
                         : "x9", "memory");
    check("TGE: ERET to EL1 is illegal", CLASS(note()->esr), 0xe);
    mmu_off(1);
    write_reg(hcr_el2, HCR_RW);
}

/*
 * The upper half of EL2&0: TTBR1_EL2 with tables of its own (D8.1.2). The low 39 bits of an
 * address are those of the same place in the lower half.
 */
#define UPPER     (-1ull << 39)
#define TCR_A1    (1ull << 22)
#define TCR_EPD1  (1ull << 23)
#define TCR_UPPER (25ull << 16 | 0x35ull << 24 | 2ull << 30) /* T1SZ, walks, 4 KiB */

static void map_upper(uint64_t va, uint64_t pa, uint64_t attributes)
{
    *second_entry(va) = attributes ? pa | attributes | 3 : 0;
    dsb();
}

static void check_upper_half(void)
{
    const uint64_t a = SCRATCH + 0x4000, b = SCRATCH + 0x5000;
    const uint64_t va = UPPER | WINDOW;
    write_reg(hcr_el2, HCR_RW | HCR_E2H | HCR_TGE);
    mmu_on(1);
    uint64_t tcr = read_reg(tcr_el2);
    write_reg(TTBR1_EL2, second_tables());
    put_function(a, 0x21);
    put_function(b, 0x22);
    sync_code(a);
    sync_code(b);
    map_page(WINDOW, a, PTE_NORMAL);
    map_upper(WINDOW, b, PTE_NORMAL);
    write_reg(tcr_el2, tcr | TCR_UPPER | TCR_EPD1);
    tlbi(vmalle1);
    check("EPD1: read", try_read(va), FAULTED);
    check("... translation fault, level 0", note()->esr, ESR(0x25, 4));
    check("... FAR", note()->far, va);
    write_reg(tcr_el2, (tcr & ~TCR_EPD1) | TCR_UPPER);
    tlbi(vmalle1);
    check("TTBR1_EL2: code in the upper half", try_call(va), 0x22);
    check("TTBR0_EL2: code in the lower half", try_call(WINDOW), 0x21);
    check("beyond T1SZ", try_read(va & ~(1ull << 40)), FAULTED);
    check("... translation fault, level 0", note()->esr, ESR(0x25, 4));
    map_upper(WINDOW + PAGE, a, PTE_NORMAL | PTE_EL0);
    write_reg(S3_0_C4_C2_3, 1u << 22);
    check("PAN in the upper half", try_read(va + PAGE), FAULTED);
    write_reg(S3_0_C4_C2_3, 0);
    check("PAN clear", (uint32_t)try_read(va + PAGE), insn_movz_x0(0x21));
    /* TLBI VAE1 of a host works on EL2&0; bits 55:44 of the operand are the address's. */
    map_upper(WINDOW, a, PTE_NORMAL);
    tlbi_arg(vae1, va << 8 >> 20);
    check("TLBI VAE1", try_call(va), 0x21);
    map_upper(WINDOW, b, PTE_NORMAL);
    tlbi_arg(vae2, va << 8 >> 20);
    check("TLBI VAE2", try_call(va), 0x22);
    /* A1: the ASID comes from TTBR1_EL2. */
    write_reg(tcr_el2, (tcr & ~TCR_EPD1) | TCR_UPPER | TCR_A1);
    map_upper(WINDOW, b, PTE_NORMAL | PTE_NG);
    write_reg(TTBR1_EL2, read_reg(TTBR1_EL2) | 5ull << 48);
    tlbi(vmalle1);
    check("A1, ASID 5", try_call(va), 0x22);
    map_upper(WINDOW, a, PTE_NORMAL | PTE_NG);
    tlbi_arg(aside1, 5ull << 48);
    check("TLBI ASIDE1 of ASID 5", try_call(va), 0x21);
    map_upper(WINDOW, b, PTE_NORMAL | PTE_NG);
    write_reg(TTBR1_EL2, (read_reg(TTBR1_EL2) & 0xffffffffffff) | 6ull << 48);
    check("ASID 6 by TTBR1_EL2", try_call(va), 0x22);
    mmu_off(1);
    write_reg(hcr_el2, HCR_RW);
}

static bool clear_il(struct frame *frame)
{
    if (CLASS(frame->esr) != 0xe) {
        return false;
    }
    frame->spsr &= ~(1ull << 20);
    return true;
}

static uint64_t tests_at_el2(uint64_t unused)
{
    check_redirection();
    check_undefined();
    exception_hook = clear_il;
    check_user();
    exception_hook = NULL;
    check_upper_half();
    return unused;
}

/* ---- ID registers ---- */

static uint64_t read_midr(uint64_t unused)
{
    return read_reg(midr_el1);
}

static uint64_t read_mpidr(uint64_t unused)
{
    return read_reg(mpidr_el1);
}

static uint64_t read_pfr0(uint64_t unused)
{
    return read_reg(id_aa64pfr0_el1);
}

static void check_ids(void)
{
    uint64_t midr = read_reg(midr_el1), mpidr = read_reg(mpidr_el1);
    uint64_t pfr0 = read_reg(id_aa64pfr0_el1);
    write_reg(vpidr_el2, 0x12345678);
    write_reg(vmpidr_el2, 0x8000abcd);
    check("MIDR_EL1 at EL1: VPIDR_EL2", at_el1(read_midr, 0), 0x12345678);
    check("MPIDR_EL1 at EL1: VMPIDR_EL2", at_el1(read_mpidr, 0), 0x8000abcd);
    check("MIDR_EL1 at EL2", at_el2(read_midr, 0), midr);
    check("MPIDR_EL1 at EL2", at_el2(read_mpidr, 0), mpidr);
    check("ID_AA64PFR0_EL1 at EL1", at_el1(read_pfr0, 0), pfr0);
    check("... EL3, EL2 and EL1 are there",
          (pfr0 >> 4 & 0xfff) != 0 && (pfr0 >> 12 & 15) && (pfr0 >> 8 & 15), true);
    write_reg(vpidr_el2, midr);
    write_reg(vmpidr_el2, mpidr);
}

void test_main(void)
{
    if (!(read_reg(id_aa64mmfr1_el1) >> 8 & 15)) {
        give_up("no FEAT_VHE");
    }
    check_ids();
    at_el1(aliases_at_el1, 0);
    at_el2(tests_at_el2, 0);
}
