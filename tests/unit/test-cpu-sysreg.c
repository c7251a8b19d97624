/* SPDX-License-Identifier: MIT */
/*
 * System registers: the table itself, ID registers against the reference, access rights from
 * every EL, traps and their syndromes, the redirections of HCR_EL2.E2H.
 */
#include <string.h>

#include "test-cpu-fixture.h"

#define SCTLR_EL1      EL4_SYSREG(3, 0, 1, 0, 0)
#define SCTLR_EL2      EL4_SYSREG(3, 4, 1, 0, 0)
#define SCTLR_EL12     EL4_SYSREG(3, 5, 1, 0, 0)
#define CPACR_EL1      EL4_SYSREG(3, 0, 1, 0, 2)
#define HCR_EL2        EL4_SYSREG(3, 4, 1, 1, 0)
#define VBAR_EL1       EL4_SYSREG(3, 0, 12, 0, 0)
#define TTBR0_EL1      EL4_SYSREG(3, 0, 2, 0, 0)
#define MIDR_EL1       EL4_SYSREG(3, 0, 0, 0, 0)
#define ID_AA64PFR0    EL4_SYSREG(3, 0, 0, 4, 0)
#define CTR_EL0        EL4_SYSREG(3, 3, 0, 0, 1)
#define DCZID_EL0      EL4_SYSREG(3, 3, 0, 0, 7)
#define CNTPCT_EL0     EL4_SYSREG(3, 3, 14, 0, 1)
#define CNTVCT_EL0     EL4_SYSREG(3, 3, 14, 0, 2)
#define CNTP_CVAL_EL0  EL4_SYSREG(3, 3, 14, 2, 2)
#define CNTP_CVAL_EL02 EL4_SYSREG(3, 5, 14, 2, 2)
#define CNTHP_CVAL_EL2 EL4_SYSREG(3, 4, 14, 2, 2)
#define CNTPS_CTL_EL1  EL4_SYSREG(3, 7, 14, 2, 1)
#define PMCCNTR_EL0    EL4_SYSREG(3, 3, 9, 13, 0)
#define TPIDRRO_EL0    EL4_SYSREG(3, 3, 13, 0, 3)
#define DAIF           EL4_SYSREG(3, 3, 4, 2, 1)
#define DC_CVAC        EL4_SYSREG(1, 3, 7, 10, 1)
#define DC_ZVA         EL4_SYSREG(1, 3, 7, 4, 1)
#define DC_ISW         EL4_SYSREG(1, 0, 7, 6, 2)
#define TLBI_VMALLE1   EL4_SYSREG(1, 0, 8, 7, 0)
#define TLBI_ALLE2     EL4_SYSREG(1, 4, 8, 7, 0)
#define TLBI_ALLE1     EL4_SYSREG(1, 4, 8, 7, 4)
#define CPUACTLR_EL1   EL4_SYSREG(3, 1, 15, 2, 0)
#define APIAKEYLO_EL1  EL4_SYSREG(3, 0, 2, 1, 0)

static void test_table_is_sorted(void **state)
{
    assert_true(el4_sysreg_table_count > 400);
    for (unsigned i = 0; i < el4_sysreg_table_count; i++) {
        const struct el4_sysreg *reg = &el4_sysreg_table[i];
        assert_true(i == 0 || reg[-1].encoding < reg->encoding);
        assert_ptr_equal(el4_sysreg_lookup(reg->encoding), reg);
        assert_non_null(reg->name);
        assert_true(reg->field < sizeof(struct el4_sysregs));
        if (reg->redirect) {
            assert_non_null(el4_sysreg_lookup(reg->redirect));
        }
    }
    assert_null(el4_sysreg_lookup(EL4_SYSREG(3, 7, 15, 15, 7)));
}

/* Reading and writing everything from everywhere crashes nothing and raises to a sane EL. */
static void test_everything_everywhere(void **state)
{
    for (unsigned options = 0; options < 8; options++) {
        struct machine machine;
        struct el4_cpu *cpu = machine_cpu(
            &machine, (struct machine_options){.model = options & 4 ? "cortex-a53" : "max",
                                               .no_el2 = options & 1,
                                               .no_el3 = options & 2});
        for (unsigned i = 0; i < el4_sysreg_table_count; i++) {
            uint32_t encoding = el4_sysreg_table[i].encoding;
            if (EL4_SYSREG_OP0(encoding) == 1 && EL4_SYSREG_CRN(encoding) == 7) {
                continue; /* maintenance by address needs memory: test-mmu */
            }
            for (unsigned el = 0; el < 4; el++) {
                if ((el == 2 && !cpu->features.el2) || (el == 3 && !cpu->features.el3)) {
                    continue;
                }
                uint64_t value = 0;
                machine_set_el(cpu, el);
                if (!try_read(cpu, encoding, &value)) {
                    assert_in_range(cpu->exception.target_el, el ? el : 1, 3);
                }
                machine_set_el(cpu, el);
                if (!try_write(cpu, encoding, value)) {
                    assert_in_range(cpu->exception.target_el, el ? el : 1, 3);
                }
            }
        }
        el4_cpu_free(cpu);
    }
}

struct id_row {
    const char *model;
    struct machine_options options;
    uint32_t encoding;
    uint64_t value;
};

#define A53          "cortex-a53"
#define A57          "cortex-a57"
#define A72          "cortex-a72"
#define ID(crm, op2) EL4_SYSREG(3, 0, 0, crm, op2)

static const struct id_row id_rows[] = {
    {A53, {0}, MIDR_EL1, 0x410fd034},
    {A57, {0}, MIDR_EL1, 0x411fd070},
    {A72, {0}, MIDR_EL1, 0x410fd083},
    {"max", {0}, MIDR_EL1, 0x000f0510},
    {A53, {0}, CTR_EL0, 0x84448004},
    {A57, {0}, CTR_EL0, 0x8444c004},
    {A53, {0}, ID_AA64PFR0, 0x2222},
    {A53, {.gicv3 = true}, ID_AA64PFR0, 0x01002222},
    {A53, {.no_el2 = true, .no_el3 = true}, ID_AA64PFR0, 0x22},
    {"max", {0}, ID_AA64PFR0, 0x1201000000112222},
    {"max", {.no_el2 = true, .no_el3 = true}, ID_AA64PFR0, 0x1201000000110022},
    {A53, {0}, ID(5, 0), 0x10305106},
    {A72, {0}, ID(6, 0), 0x00011120},
    {A72, {0}, ID(6, 1), 0},
    {A53, {0}, ID(7, 0), 0x1122},
    {A57, {0}, ID(7, 0), 0x1124},
    {A53, {0}, ID(1, 0), 0x131},
    {A53, {0}, ID(1, 1), 0x11011},
    {A53, {.gicv3 = true}, ID(1, 1), 0x10011011},
    {A53, {.no_el2 = true}, ID(1, 1), 0x10011},
    {A53, {.no_el3 = true}, ID(1, 1), 0x11001},
    {A53, {0}, ID(1, 2), 0x03010066},
    {A53, {0}, ID(1, 4), 0x10101105},
    {A72, {0}, ID(1, 4), 0x10201105},
    {A53, {0}, ID(1, 5), 0x40000000},
    {A53, {0}, ID(1, 6), 0x01260000},
    {A53, {0}, ID(1, 7), 0x02102211},
    {A53, {0}, ID(2, 0), 0x02101110},
    {A53, {0}, ID(2, 1), 0x13112111},
    {A53, {0}, ID(2, 2), 0x21232042},
    {A53, {0}, ID(2, 3), 0x01112131},
    {A53, {0}, ID(2, 4), 0x00011142},
    {A53, {0}, ID(2, 5), 0x00011121},
    {A53, {0}, ID(3, 0), 0x10110222},
    {A53, {0}, ID(3, 1), 0x12111111},
    {A53, {0}, ID(3, 2), 0x43},
    {A53, {0}, ID(3, 7), 0},
    {A53, {0}, EL4_SYSREG(3, 1, 0, 0, 1), 0x0a200023},
    {A53, {0}, DCZID_EL0, 4},
    {A53, {0}, EL4_SYSREG(3, 3, 9, 12, 0), 0x41033000},
    {A57, {0}, EL4_SYSREG(3, 3, 9, 12, 0), 0x41013000},
};

static void test_id_registers(void **state)
{
    for (size_t i = 0; i < sizeof(id_rows) / sizeof(id_rows[0]); i++) {
        struct machine machine;
        struct machine_options options = id_rows[i].options;
        options.model = id_rows[i].model;
        struct el4_cpu *cpu = machine_cpu(&machine, options);
        assert_true(read_register(cpu, id_rows[i].encoding) == id_rows[i].value);
        el4_cpu_free(cpu);
    }
}

static void test_cache_ids(void **state)
{
    static const struct {
        const char *model;
        uint32_t ccsidr[3];
    } rows[] = {
        {A53, {0x700fe01a, 0x201fe00a, 0x707fe07a}},
        {A57, {0x701fe00a, 0x201fe012, 0x70ffe07a}},
        {A72, {0x701fe00a, 0x201fe012, 0x707fe07a}},
    };
    for (unsigned i = 0; i < 3; i++) {
        struct machine machine;
        struct el4_cpu *cpu =
            machine_cpu(&machine, (struct machine_options){.model = rows[i].model});
        for (unsigned level = 0; level < 3; level++) {
            write_register(cpu, EL4_SYSREG(3, 2, 0, 0, 0), level);
            assert_int_equal(read_register(cpu, EL4_SYSREG(3, 1, 0, 0, 0)),
                             rows[i].ccsidr[level]);
        }
        el4_cpu_free(cpu);
    }
}

/* An access: what is set, from where, and the EL of the trap (0 fine, -1 UNDEFINED). */
struct access_row {
    unsigned el;
    uint32_t encoding;
    bool write;
    int result;
    uint64_t hcr, scr, sctlr1, mdcr2, mdcr3;
    uint64_t cnthctl, cntkctl, cptr2, cptr3, pmuserenr;
    const char *model;
};

#define EL1PC 3 /* CNTHCTL_EL2: EL1PCEN, EL1PCTEN */

static const struct access_row access_rows[] = {
    {0, SCTLR_EL1, false, -1},
    {1, SCTLR_EL1, true, 0},
    {1, SCTLR_EL1, true, 2, .hcr = EL4_HCR_TVM},
    {1, SCTLR_EL1, false, 0, .hcr = EL4_HCR_TVM},
    {1, TTBR0_EL1, false, 2, .hcr = EL4_HCR_TRVM},
    {2, SCTLR_EL1, true, 0, .hcr = EL4_HCR_TVM},
    {1, SCTLR_EL2, false, -1},
    {2, SCTLR_EL12, false, -1},
    {2, SCTLR_EL12, false, 0, .hcr = EL4_HCR_E2H},
    {3, SCTLR_EL12, false, 0, .hcr = EL4_HCR_E2H},
    {3, SCTLR_EL12, false, -1},
    {1, ID_AA64PFR0, false, 2, .hcr = EL4_HCR_TID3},
    {1, ID_AA64PFR0, true, -1},
    {0, ID_AA64PFR0, false, 1}, /* FEAT_IDST */
    {0, ID_AA64PFR0, false, 2, .hcr = EL4_HCR_TGE},
    {0, ID_AA64PFR0, false, -1, .model = A53},
    {0, CTR_EL0, false, 1},
    {0, CTR_EL0, false, 0, .sctlr1 = EL4_SCTLR_UCT},
    {0, CTR_EL0, false, 2, .sctlr1 = EL4_SCTLR_UCT, .hcr = EL4_HCR_TID2},
    {1, CTR_EL0, false, 2, .hcr = EL4_HCR_TID2},
    {1, EL4_SYSREG(3, 1, 0, 0, 7), false, 2, .hcr = EL4_HCR_TID1},
    {1, EL4_SYSREG(3, 0, 1, 0, 1), false, 2, .hcr = EL4_HCR_TACR},
    {1, CPACR_EL1, false, 2, .cptr2 = EL4_CPTR_TCPAC},
    {1, CPACR_EL1, false, 3, .cptr3 = EL4_CPTR_TCPAC},
    {2, CPACR_EL1, false, 3, .cptr3 = EL4_CPTR_TCPAC},
    {2, EL4_SYSREG(3, 4, 1, 1, 2), false, 3, .cptr3 = EL4_CPTR_TCPAC},
    {0, TPIDRRO_EL0, false, 0},
    {0, TPIDRRO_EL0, true, -1},
    {1, TPIDRRO_EL0, true, 0},
    {0, DAIF, false, 1},
    {0, DAIF, true, 0, .sctlr1 = EL4_SCTLR_UMA},
    /* counters and timers */
    {0, CNTVCT_EL0, false, 1},
    {0, CNTVCT_EL0, false, 0, .cntkctl = 2},
    {0, CNTPCT_EL0, false, 1, .cnthctl = EL1PC},
    {0, CNTPCT_EL0, false, 0, .cntkctl = 1, .cnthctl = EL1PC},
    {0, CNTPCT_EL0, false, 2, .cntkctl = 1},
    {1, CNTPCT_EL0, false, 2},
    {1, CNTPCT_EL0, false, 0, .cnthctl = EL1PC},
    {1, CNTPCT_EL0, false, 2, .cnthctl = EL1PC, .hcr = EL4_HCR_E2H},
    {1, CNTPCT_EL0, false, 0, .cnthctl = 1 << 10, .hcr = EL4_HCR_E2H},
    {1, CNTP_CVAL_EL0, true, 2, .cnthctl = 1},
    {1, CNTP_CVAL_EL0, true, 0, .cnthctl = 2},
    {0, CNTP_CVAL_EL0, true, 1, .cnthctl = EL1PC},
    {0, CNTP_CVAL_EL0, true, 0, .cnthctl = EL1PC, .cntkctl = 1 << 9},
    {0, CNTPCT_EL0, false, 2, .hcr = EL4_HCR_E2H | EL4_HCR_TGE},
    {0, CNTPCT_EL0, false, 0, .hcr = EL4_HCR_E2H | EL4_HCR_TGE, .cnthctl = 1},
    {1, CNTPS_CTL_EL1, false, -1},
    {1, CNTPS_CTL_EL1, false, 3, .scr = EL4_SCR_RW},
    {1, CNTPS_CTL_EL1, false, 0, .scr = EL4_SCR_RW | EL4_SCR_ST},
    {3, CNTPS_CTL_EL1, false, 0},
    {1, CNTHP_CVAL_EL2, false, -1},
    {1, EL4_SYSREG(3, 3, 14, 0, 0), true, -1}, /* CNTFRQ_EL0: the highest EL only */
    {3, EL4_SYSREG(3, 3, 14, 0, 0), true, 0},
    /* performance monitors */
    {0, PMCCNTR_EL0, false, 1},
    {0, PMCCNTR_EL0, false, 0, .pmuserenr = 4},
    {0, PMCCNTR_EL0, true, 1, .pmuserenr = 4},
    {0, PMCCNTR_EL0, true, 0, .pmuserenr = 1},
    {0, PMCCNTR_EL0, true, 2, .pmuserenr = 1, .mdcr2 = EL4_MDCR2_TPM},
    {1, PMCCNTR_EL0, true, 2, .mdcr2 = EL4_MDCR2_TPM},
    {1, PMCCNTR_EL0, true, 0, .mdcr2 = EL4_MDCR2_TPMCR},
    {1, EL4_SYSREG(3, 3, 9, 12, 0), true, 2, .mdcr2 = EL4_MDCR2_TPMCR},
    {2, PMCCNTR_EL0, true, 3, .mdcr3 = EL4_MDCR3_TPM},
    {0, EL4_SYSREG(3, 3, 9, 14, 0), false, 0}, /* PMUSERENR_EL0 */
    {0, EL4_SYSREG(3, 3, 9, 14, 0), true, -1},
    /* debug */
    {1, EL4_SYSREG(2, 0, 0, 2, 2), false, 2, .mdcr2 = EL4_MDCR2_TDA},
    {1, EL4_SYSREG(2, 0, 0, 2, 2), false, 2, .mdcr2 = EL4_MDCR2_TDE},
    {2, EL4_SYSREG(2, 0, 0, 2, 2), false, 3, .mdcr3 = EL4_MDCR3_TDA},
    {1, EL4_SYSREG(2, 0, 1, 1, 4), false, 2, .mdcr2 = EL4_MDCR2_TDOSA},
    {1, EL4_SYSREG(2, 0, 1, 0, 0), false, 2, .mdcr2 = EL4_MDCR2_TDRA},
    {1, EL4_SYSREG(2, 0, 0, 5, 4), false, 0}, /* DBGBVR5_EL1: the last of six */
    {1, EL4_SYSREG(2, 0, 0, 6, 4), false, -1},
    /* keys, maintenance, implementation defined */
    {1, APIAKEYLO_EL1, true, 2},
    {1, APIAKEYLO_EL1, true, 3, .hcr = EL4_HCR_APK},
    {1, APIAKEYLO_EL1, true, 0, .hcr = EL4_HCR_APK, .scr = EL4_SCR_NS | EL4_SCR_APK},
    {1, APIAKEYLO_EL1, true, -1, .model = A53},
    {0, DC_CVAC, true, 1},
    {0, DC_CVAC, true, 2, .sctlr1 = EL4_SCTLR_UCI, .hcr = EL4_HCR_TPCP},
    {0, DC_ZVA, true, 1},
    {0, DC_ZVA, true, 2, .sctlr1 = EL4_SCTLR_DZE, .hcr = EL4_HCR_TDZ},
    {0, DC_ISW, true, -1},
    {1, DC_ISW, true, 0},
    {1, DC_ISW, true, 2, .hcr = EL4_HCR_TSW},
    {1, DC_ISW, false, -1},
    {1, TLBI_VMALLE1, true, 0},
    {1, TLBI_VMALLE1, true, 2, .hcr = EL4_HCR_TTLB},
    {1, TLBI_ALLE2, true, -1},
    {2, TLBI_ALLE2, true, 0},
    {1, CPUACTLR_EL1, true, 0, .model = A53},
    {1, CPUACTLR_EL1, true, 2, .model = A53, .hcr = EL4_HCR_TIDCP},
    {1, CPUACTLR_EL1, true, -1},
};

static void check_access(const struct access_row *row)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.model = row->model});
    struct el4_sysregs *regs = &cpu->regs;
    regs->scr_el3 = row->scr ? row->scr : EL4_SCR_NS | EL4_SCR_RW;
    regs->hcr_el2 = EL4_HCR_RW | row->hcr;
    regs->sctlr[1] = row->sctlr1;
    regs->mdcr_el2 = 6 | row->mdcr2;
    regs->mdcr_el3 = row->mdcr3;
    regs->cnthctl_el2 = row->cnthctl;
    regs->cntkctl_el1 = row->cntkctl;
    regs->cptr_el2 = row->cptr2;
    regs->cptr_el3 = row->cptr3;
    regs->pmuserenr_el0 = row->pmuserenr;
    machine_set_el(cpu, row->el);

    const struct el4_uop uop = {.desc = {.d = 5, .a = 5}};
    cpu->fault_uop = &uop;
    uint64_t value = 0;
    bool fine = row->write ? try_write(cpu, row->encoding, value)
                           : try_read(cpu, row->encoding, &value);
    assert_int_equal(fine, row->result == 0);
    if (row->result < 0) {
        assert_int_equal(cpu->exception.esr, 0x02000000);
        assert_int_equal(cpu->exception.target_el, row->el ? row->el : 1);
    } else if (row->result > 0) {
        uint32_t e = row->encoding;
        uint64_t iss = EL4_SYSREG_OP0(e) << 20 | EL4_SYSREG_OP2(e) << 17 |
                       EL4_SYSREG_OP1(e) << 14 | EL4_SYSREG_CRN(e) << 10 | 5 << 5 |
                       EL4_SYSREG_CRM(e) << 1 | !row->write;
        assert_int_equal(cpu->exception.target_el, row->result);
        assert_int_equal(cpu->exception.esr, EL4_ESR(EL4_EC_SYSREG, iss));
    }
    el4_cpu_free(cpu);
}

static void test_access_rights(void **state)
{
    for (size_t i = 0; i < sizeof(access_rows) / sizeof(access_rows[0]); i++) {
        check_access(&access_rows[i]);
    }
}

static void test_host_redirection(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.no_el3 = true});
    machine_set_el(cpu, 2);
    write_register(cpu, HCR_EL2, EL4_HCR_RW | EL4_HCR_E2H);
    write_register(cpu, VBAR_EL1, 0x800);
    assert_int_equal(cpu->regs.vbar[2], 0x800);
    assert_int_equal(cpu->regs.vbar[1], 0);
    write_register(cpu, EL4_SYSREG(3, 5, 12, 0, 0), 0x1800);
    assert_int_equal(cpu->regs.vbar[1], 0x1800);
    write_register(cpu, CPACR_EL1, 3 << 20);
    assert_int_equal(cpu->regs.cptr_el2, 3 << 20);
    write_register(cpu, CNTP_CVAL_EL0, 77);
    assert_int_equal(cpu->regs.timer_cval[EL4_TIMER_HYP], 77);
    write_register(cpu, CNTP_CVAL_EL02, 78);
    assert_int_equal(cpu->regs.timer_cval[EL4_TIMER_PHYS], 78);
    /* the host's EL0 reaches the EL2 timer too */
    write_register(cpu, HCR_EL2, EL4_HCR_RW | EL4_HCR_E2H | EL4_HCR_TGE);
    write_register(cpu, EL4_SYSREG(3, 0, 14, 1, 0), 1 << 9); /* CNTHCTL_EL2.EL0PTEN */
    machine_set_el(cpu, 0);
    assert_int_equal(read_register(cpu, CNTP_CVAL_EL0), 77);
    assert_int_equal(cpu->mode.mmu_index, EL4_MMU_EL0);
    machine_set_el(cpu, 2);
    assert_int_equal(cpu->mode.mmu_index, EL4_MMU_PRIV);
    assert_int_equal(cpu->mode.unpriv_index, EL4_MMU_EL0);
    el4_cpu_free(cpu);
}

static void test_without_el2(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.no_el2 = true});
    uint64_t value = 1;
    write_register(cpu, HCR_EL2, ~UINT64_C(0)); /* RES0 at EL3 */
    assert_int_equal(read_register(cpu, HCR_EL2), 0);
    assert_int_equal(read_register(cpu, EL4_SYSREG(3, 4, 0, 0, 0)), 0x000f0510); /* VPIDR */
    assert_true(try_write(cpu, TLBI_ALLE1, 0));
    assert_false(try_write(cpu, TLBI_ALLE2, 0));
    write_register(cpu, EL4_SYSREG(3, 4, 4, 1, 0), 0x77); /* SP_EL1 */
    assert_int_equal(cpu->regs.sp[1], 0x77);
    machine_set_el(cpu, 1);
    assert_false(try_read(cpu, HCR_EL2, &value));
    el4_cpu_free(cpu);
}

static void test_write_masks(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu =
        machine_cpu(&machine, (struct machine_options){.model = A53, .no_el3 = true});
    machine_set_el(cpu, 2);
    write_register(cpu, HCR_EL2, ~UINT64_C(0));
    uint64_t hcr = read_register(cpu, HCR_EL2);
    assert_false(hcr & (EL4_HCR_TSC | EL4_HCR_E2H | EL4_HCR_APK));
    assert_true(hcr & EL4_HCR_HCD);
    el4_cpu_free(cpu);
    cpu = machine_cpu(&machine, (struct machine_options){.no_el3 = true, .smc_conduit = true});
    machine_set_el(cpu, 2);
    write_register(cpu, HCR_EL2, ~UINT64_C(0));
    hcr = read_register(cpu, HCR_EL2);
    assert_int_equal(hcr & (EL4_HCR_TSC | EL4_HCR_E2H | EL4_HCR_APK),
                     EL4_HCR_TSC | EL4_HCR_E2H | EL4_HCR_APK);
    write_register(cpu, HCR_EL2, EL4_HCR_RW);
    write_register(cpu, EL4_SYSREG(3, 4, 1, 1, 2), 0);
    assert_int_equal(cpu->regs.cptr_el2, 0x33ff);
    el4_cpu_free(cpu);
    cpu = machine_cpu(&machine, (struct machine_options){0});
    write_register(cpu, EL4_SYSREG(3, 6, 1, 1, 0), EL4_SCR_NS);
    assert_int_equal(cpu->regs.scr_el3, 0x31);
    el4_cpu_free(cpu);
}

static void test_devices_and_unknown(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.no_el3 = true});
    uint64_t value;
    machine_set_el(cpu, 1);
    assert_int_equal(read_register(cpu, EL4_SYSREG(3, 0, 12, 12, 0)), 1023);
    assert_int_equal(machine.devices_read, 1);
    assert_false(try_read(cpu, EL4_SYSREG(3, 0, 12, 12, 1), &value));
    assert_int_equal(cpu->exception.target_el, 2);
    assert_int_equal(exception_class(cpu->exception.esr), EL4_EC_SYSREG);
    assert_false(try_read(cpu, EL4_SYSREG(3, 3, 15, 7, 7), &value));
    assert_int_equal(machine.unimplemented, 1);
    assert_int_equal(cpu->exception.esr, 0x02000000);
    assert_true(el4_sysreg_write_ends_block(EL4_SYSREG(3, 0, 12, 12, 0)));
    assert_true(el4_sysreg_write_ends_block(SCTLR_EL1));
    assert_false(el4_sysreg_write_ends_block(EL4_SYSREG(3, 3, 13, 0, 2)));
    el4_cpu_free(cpu);
}

static void test_pstate_registers(void **state)
{
    struct machine machine;
    struct el4_cpu *cpu = machine_cpu(&machine, (struct machine_options){.no_el3 = true});
    uint64_t value;
    machine_set_el(cpu, 1);
    assert_int_equal(read_register(cpu, EL4_SYSREG(3, 0, 4, 2, 2)), 4); /* CurrentEL */
    assert_int_equal(read_register(cpu, DAIF), 0x3c0);
    assert_true(try_call(cpu, el4_msr_daifclr_call, 0, 0, 2, &value));
    assert_int_equal(read_register(cpu, DAIF), 0x340);
    write_register(cpu, DAIF, 0x80);
    assert_int_equal(read_register(cpu, DAIF), 0x80);
    assert_true(try_call(cpu, el4_msr_pan_call, 0, 0, 1, &value));
    assert_int_equal(cpu->mode.mmu_index, EL4_MMU_PRIV_PAN);
    assert_int_equal(read_register(cpu, EL4_SYSREG(3, 0, 4, 2, 3)), EL4_PSTATE_PAN);
    assert_true(try_call(cpu, el4_msr_uao_call, 0, 0, 1, &value));
    assert_int_equal(cpu->mode.unpriv_index, EL4_MMU_PRIV_PAN);
    write_register(cpu, EL4_SYSREG(3, 3, 4, 2, 0), ~UINT64_C(0));
    assert_int_equal(cpu->slot[EL4_SLOT_NZCV], 0xf0000000);
    machine_set_el(cpu, 0);
    assert_false(try_call(cpu, el4_msr_pan_call, 0, 0, 0, &value));
    assert_false(try_call(cpu, el4_msr_daifset_call, 0, 0, 3, &value));
    /* op0 0, op1 3, CRn 4, op2 6, CRm 3, Rt 31, write */
    assert_int_equal(cpu->exception.esr,
                     EL4_ESR(EL4_EC_SYSREG, 6 << 17 | 3 << 14 | 4 << 10 | 31 << 5 | 3 << 1));
    assert_true(try_call(cpu, el4_msr_dit_call, 0, 0, 1, &value));
    assert_int_equal(read_register(cpu, EL4_SYSREG(3, 3, 4, 2, 5)), EL4_PSTATE_DIT);
    cpu->slot[EL4_SLOT_NZCV] = 0xf0000000;
    uint64_t first = read_register(cpu, EL4_SYSREG(3, 3, 2, 4, 0));
    assert_int_equal(cpu->slot[EL4_SLOT_NZCV], 0);
    assert_true(first != read_register(cpu, EL4_SYSREG(3, 3, 2, 4, 1)));
    el4_cpu_free(cpu);
}

/* What both widths can do shows in both sets of ID registers. */
static void test_id_views_agree(void **state)
{
    static const struct {
        uint8_t a64_row, a64_reg, a64_low, a32_row, a32_reg, a32_low;
    } fields[] = {
        {EL4_ID_AA64ISAR, 0, 4, EL4_ID_ISAR_A32, 5, 4},   /* AES */
        {EL4_ID_AA64ISAR, 0, 8, EL4_ID_ISAR_A32, 5, 8},   /* SHA1 */
        {EL4_ID_AA64ISAR, 0, 16, EL4_ID_ISAR_A32, 5, 16}, /* CRC32 */
        {EL4_ID_AA64ISAR, 0, 28, EL4_ID_ISAR_A32, 5, 24}, /* RDM */
        {EL4_ID_AA64ISAR, 1, 16, EL4_ID_ISAR_A32, 5, 28}, /* FCMA */
        {EL4_ID_AA64ISAR, 1, 12, EL4_ID_ISAR_A32, 7, 0},  /* JSCVT; 7 is ID_ISAR6 */
        {EL4_ID_AA64ISAR, 0, 44, EL4_ID_ISAR_A32, 7, 4},  /* DotProd */
        {EL4_ID_AA64ISAR, 0, 48, EL4_ID_ISAR_A32, 7, 8},  /* FHM */
        {EL4_ID_AA64ISAR, 1, 36, EL4_ID_ISAR_A32, 7, 12}, /* SB */
        {EL4_ID_AA64ISAR, 1, 40, EL4_ID_ISAR_A32, 7, 16}, /* SPECRES */
        {EL4_ID_AA64ISAR, 1, 44, EL4_ID_ISAR_A32, 7, 20}, /* BF16 */
        {EL4_ID_AA64ISAR, 1, 52, EL4_ID_ISAR_A32, 7, 24}, /* I8MM */
        {EL4_ID_AA64MMFR, 1, 20, EL4_ID_PFR_A32, 7, 16},  /* PAN */
        {EL4_ID_AA64MMFR, 1, 28, EL4_ID_ISAR_A32, 6, 8},  /* XNX; 6 is ID_MMFR4 */
        {EL4_ID_AA64MMFR, 2, 0, EL4_ID_ISAR_A32, 6, 12},  /* CnP */
        {EL4_ID_AA64MMFR, 2, 56, EL4_ID_ISAR_A32, 6, 28}, /* EVT */
        {EL4_ID_AA64MMFR, 1, 36, EL4_ID_MVFR, 6, 0},      /* ETS, in ID_MMFR5 */
        {EL4_ID_AA64PFR, 0, 48, EL4_ID_PFR_A32, 0, 24},   /* DIT */
        {EL4_ID_AA64PFR, 0, 56, EL4_ID_PFR_A32, 0, 16},   /* CSV2 */
        {EL4_ID_AA64PFR, 0, 60, EL4_ID_MVFR, 4, 0},       /* CSV3, in ID_PFR2 */
        {EL4_ID_AA64DFR, 0, 0, EL4_ID_PFR_A32, 2, 0},     /* debug architecture */
    };
    const struct el4_cpu_model *model;
    for (unsigned i = 0; (model = el4_cpu_model_at(i)); i++) {
        const uint64_t(*id)[8] = model->ids.id;
        if (!id[EL4_ID_AA64PFR][0]) {
            continue;
        }
        for (size_t j = 0; j < sizeof(fields) / sizeof(fields[0]); j++) {
            unsigned a64 = id[fields[j].a64_row][fields[j].a64_reg] >> fields[j].a64_low & 15;
            unsigned a32 = id[fields[j].a32_row][fields[j].a32_reg] >> fields[j].a32_low & 15;
            if (a64 != a32) {
                fail_msg("%s, row %zu: %u and %u", model->name, j, a64, a32);
            }
        }
        /* Those that count otherwise: SHA2 of 512 bits is A64's alone, half precision, SSBS. */
        assert_int_equal(!!(id[EL4_ID_AA64ISAR][0] >> 12 & 15),
                         id[EL4_ID_ISAR_A32][5] >> 12 & 15);
        bool fp16 = (id[EL4_ID_AA64PFR][0] >> 16 & 15) == 1;
        assert_int_equal(id[EL4_ID_MVFR][1] >> 20 & 0xff, fp16 ? 0x32 : 0x21);
        assert_int_equal(!!(id[EL4_ID_AA64PFR][1] >> 4 & 15), id[EL4_ID_MVFR][4] >> 4 & 15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_sorted),  cmocka_unit_test(test_everything_everywhere),
        cmocka_unit_test(test_id_registers),     cmocka_unit_test(test_id_views_agree),
        cmocka_unit_test(test_cache_ids),        cmocka_unit_test(test_access_rights),
        cmocka_unit_test(test_host_redirection), cmocka_unit_test(test_without_el2),
        cmocka_unit_test(test_write_masks),      cmocka_unit_test(test_devices_and_unknown),
        cmocka_unit_test(test_pstate_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
