/* SPDX-License-Identifier: MIT */
/*
 * GICv3 CPU interface: the ICC system registers (IHI 0069 12.2), who may access them, which
 * accesses trap, and which are the guest's virtual registers instead.
 */
#include "gicv3.h"
#include <string.h>

/* Why a register may trap: by the groups that it is about. */
enum kind {
    KIND_COMMON,
    KIND_GROUP0,
    KIND_GROUP1,
    KIND_DIR,
    KIND_SGI,
    KIND_SRE, /* rules of its own */
    KIND_EL3,
    KIND_UNKNOWN,
};

enum way {
    WAY_PHYSICAL,
    WAY_VIRTUAL,
    WAY_TRAP,
    WAY_UNDEF,
};

static enum kind kind_of(uint32_t encoding)
{
    switch (encoding) {
    case ICC_PMR_EL1:
    case ICC_RPR_EL1:
    case ICC_CTLR_EL1: return KIND_COMMON;
    case ICC_DIR_EL1: return KIND_DIR;
    case ICC_SGI1R_EL1:
    case ICC_ASGI1R_EL1:
    case ICC_SGI0R_EL1: return KIND_SGI;
    case ICC_SRE_EL1:
    case ICC_SRE_EL2:
    case ICC_SRE_EL3: return KIND_SRE;
    case ICC_CTLR_EL3:
    case ICC_IGRPEN1_EL3: return KIND_EL3;
    case ICC_IAR1_EL1:
    case ICC_EOIR1_EL1:
    case ICC_HPPIR1_EL1:
    case ICC_BPR1_EL1:
    case ICC_IGRPEN1_EL1: return KIND_GROUP1;
    case ICC_IGRPEN0_EL1: return KIND_GROUP0;
    default: break;
    }
    if (encoding >= ICC_IAR0_EL1 && encoding <= ICC_AP0R3_EL1) {
        return KIND_GROUP0;
    }
    return encoding >= ICC_AP1R0_EL1 && encoding <= ICC_AP1R3_EL1 ? KIND_GROUP1 : KIND_UNKNOWN;
}

static bool el2_enabled(const struct el4_sysreg_access *access)
{
    return access->has_el2 && (!access->secure || (access->scr_el3 & SCR_EL3_EEL2));
}

/* What EL1 accesses do when there is an EL2 above. */
static enum way way_of_el1(const struct gicv3_cpu *c, const struct el4_sysreg_access *access,
                           enum kind kind)
{
    uint64_t traps = c->virtual.hcr, hcr = access->hcr_el2;
    bool either = hcr & (HCR_EL2_IMO | HCR_EL2_FMO);
    switch (kind) {
    case KIND_COMMON:
        return traps & ICH_HCR_TC ? WAY_TRAP : either ? WAY_VIRTUAL : WAY_PHYSICAL;
    case KIND_DIR:
        if (traps & (ICH_HCR_TC | ICH_HCR_TDIR)) {
            return WAY_TRAP;
        }
        return either ? WAY_VIRTUAL : WAY_PHYSICAL;
    case KIND_SGI: return (traps & ICH_HCR_TC) || either ? WAY_TRAP : WAY_PHYSICAL;
    case KIND_GROUP0:
        if (traps & ICH_HCR_TALL0) {
            return WAY_TRAP;
        }
        return hcr & HCR_EL2_FMO ? WAY_VIRTUAL : WAY_PHYSICAL;
    default:
        if (traps & ICH_HCR_TALL1) {
            return WAY_TRAP;
        }
        return hcr & HCR_EL2_IMO ? WAY_VIRTUAL : WAY_PHYSICAL;
    }
}

static bool traps_to_el3(const struct el4_sysreg_access *access, enum kind kind)
{
    uint64_t both = SCR_EL3_IRQ | SCR_EL3_FIQ;
    uint64_t wanted = kind == KIND_GROUP0   ? SCR_EL3_FIQ
                      : kind == KIND_GROUP1 ? SCR_EL3_IRQ
                                            : both;
    return access->has_el3 && access->el < 3 && (access->scr_el3 & wanted) == wanted;
}

static enum way way_of_sre(const struct gicv3_cpu *c, struct el4_sysreg_access *access)
{
    unsigned owner = access->encoding == ICC_SRE_EL1   ? 1
                     : access->encoding == ICC_SRE_EL2 ? 2
                                                       : 3;
    if (access->el < owner || (owner == 2 && !access->has_el2)) {
        return WAY_UNDEF;
    }
    if (access->el == 1 && el2_enabled(access) && !c->sre_enable_el2) {
        access->trap_el = 2;
        return WAY_TRAP;
    }
    if (access->el < 3 && access->has_el3 && !c->sre_enable_el3) {
        access->trap_el = 3;
        return WAY_TRAP;
    }
    return WAY_PHYSICAL;
}

static enum way way_of(const struct gicv3_cpu *c, struct el4_sysreg_access *access)
{
    enum kind kind = kind_of(access->encoding);
    if (kind == KIND_UNKNOWN || access->el == 0) {
        return WAY_UNDEF;
    }
    if (kind == KIND_SRE) {
        return way_of_sre(c, access);
    }
    if (kind == KIND_EL3) {
        return access->el == 3 ? WAY_PHYSICAL : WAY_UNDEF;
    }
    if (access->el == 1 && el2_enabled(access)) {
        enum way way = way_of_el1(c, access, kind);
        if (way != WAY_PHYSICAL) {
            access->trap_el = 2;
            return way;
        }
    }
    if (traps_to_el3(access, kind)) {
        access->trap_el = 3;
        return WAY_TRAP;
    }
    return WAY_PHYSICAL;
}

/* ---- views ---- */

/* The copy of banked registers. A CPU without EL3 has the Non-secure one alone. */
static enum gicv3_group bank(const struct el4_sysreg_access *access)
{
    return access->has_el3 && access->secure ? GICV3_GROUP1S : GICV3_GROUP1N;
}

/* Below EL3 and Non-secure, while Group 0 is EL3's: priorities are the lower half. */
static bool has_ns_view(const struct el4_sysreg_access *access)
{
    return access->has_el3 && access->el < 3 && !access->secure &&
           (access->scr_el3 & SCR_EL3_FIQ);
}

static bool may_see(const struct gicv3 *gic, const struct el4_sysreg_access *access,
                    enum gicv3_group group)
{
    if (access->el == 3 || gicv3_ds(gic)) {
        return true;
    }
    bool secure = bank(access) == GICV3_GROUP1S;
    return group == GICV3_GROUP1N ? !secure : secure;
}

static bool eoi_is_split(const struct gicv3_cpu *c, const struct el4_sysreg_access *access)
{
    return c->eoi_split[access->el == 3 ? 0 : bank(access)];
}

/* ---- acknowledge ---- */

/* What registers of Group 0, or of Group 1, tell of the choice (IHI 0069 4.8.5 and 2.2.1). */
static unsigned tellable(const struct gicv3 *gic, const struct el4_sysreg_access *access,
                         const struct gicv3_choice *choice, bool group1)
{
    if (choice->intid == GIC_INTID_NONE) {
        return GIC_INTID_NONE;
    }
    if (group1 != (choice->group != GICV3_GROUP0)) {
        if (group1 || access->el < 3) {
            return GIC_INTID_NONE;
        }
        return choice->group == GICV3_GROUP1S ? GIC_INTID_SECURE : GIC_INTID_NONSECURE;
    }
    return may_see(gic, access, choice->group) ? choice->intid : GIC_INTID_NONE;
}

static unsigned acknowledge(struct gicv3 *gic, const struct el4_sysreg_access *access,
                            bool group1)
{
    unsigned cpu = access->cpu;
    struct gicv3_cpu *c = &gic->cpus[cpu];
    struct gicv3_choice choice = el4_gicv3_choose(gic, cpu);
    if (!el4_gicv3_passes(gic, cpu, &choice)) {
        return GIC_INTID_NONE;
    }
    unsigned told = tellable(gic, access, &choice, group1);
    if (told < GIC_INTID_SECURE) {
        struct gic_block *block = gicv3_block(gic, cpu, told);
        uint32_t bit = 1u << (told % 32);
        gic_apr_set(c->apr[choice.group],
                    choice.priority & el4_gicv3_group_mask(c, choice.group),
                    gic_preemption_bits(gic->priority_bits));
        block->active |= bit;
        block->latch &= ~bit;
        el4_gicv3_update_intid(gic, cpu, told);
    }
    return told;
}

static unsigned highest_pending(const struct gicv3 *gic, const struct el4_sysreg_access *access,
                                bool group1)
{
    struct gicv3_choice choice = el4_gicv3_choose(gic, access->cpu);
    return tellable(gic, access, &choice, group1);
}

/* ---- end of interrupt ---- */

static void write_eoir(struct gicv3 *gic, const struct el4_sysreg_access *access, bool group1)
{
    struct gicv3_cpu *c = &gic->cpus[access->cpu];
    unsigned intid = access->value & 0xffffff;
    enum gicv3_group group = el4_gicv3_active_group(c);
    if (!gicv3_exists(gic, intid) || group == GICV3_GROUPS ||
        group1 != (group != GICV3_GROUP0) || !may_see(gic, access, group)) {
        return;
    }
    gic_apr_clear_first(c->apr[group]);
    if (!eoi_is_split(c, access)) {
        el4_gicv3_deactivate(gic, access->cpu, intid);
    }
}

static void write_dir(struct gicv3 *gic, const struct el4_sysreg_access *access)
{
    unsigned intid = access->value & 0xffffff;
    if (!gicv3_exists(gic, intid)) {
        return;
    }
    if (!eoi_is_split(&gic->cpus[access->cpu], access)) {
        gic->host->log(gic->self, EL4_LOG_GUEST_ERROR, "ICC_DIR written while EOImode is 0");
        return;
    }
    enum gicv3_group group = gicv3_group(gic, gicv3_block(gic, access->cpu, intid), intid % 32);
    /* Secure software may deactivate what is Non-secure. */
    if (group == GICV3_GROUP1N || may_see(gic, access, group)) {
        el4_gicv3_deactivate(gic, access->cpu, intid);
    }
}

/* ---- SGIs ---- */

/* Does this CPU take an SGI that was sent as `wanted`? (IHI 0069 12.1.10) */
static bool accepts_sgi(const struct gicv3 *gic, const struct gicv3_cpu *c, unsigned intid,
                        enum gicv3_group wanted, bool ns)
{
    enum gicv3_group is = gicv3_group(gic, &c->private, intid);
    if (is != wanted && !(wanted == GICV3_GROUP1S && is == GICV3_GROUP0)) {
        return false;
    }
    if (!ns || gicv3_ds(gic) || is == GICV3_GROUP1N) {
        return true;
    }
    bool clear = c->private.ns_clear >> intid & 1, set = c->private.ns_set >> intid & 1;
    return is == GICV3_GROUP0 ? set || clear : clear;
}

static bool is_addressed(const struct gicv3 *gic, unsigned cpu, unsigned sender, uint64_t value)
{
    if (value >> 40 & 1) {
        return cpu != sender; /* IRM */
    }
    uint32_t affinity = gic->cpus[cpu].affinity;
    uint32_t wanted = (uint32_t)(value >> 48 & 0xff) << 16 |
                      (uint32_t)(value >> 32 & 0xff) << 8 | (uint32_t)(value >> 16 & 0xff);
    unsigned range = value >> 44 & 0xf, aff0 = affinity & 0xff;
    return affinity >> 8 == wanted && aff0 / 16 == range && (value >> (aff0 % 16) & 1);
}

static void send_sgi(struct gicv3 *gic, const struct el4_sysreg_access *access)
{
    /* By the security state of the sender, and EL3 is Secure whatever register bank it sees. */
    bool ns = access->el < 3 && bank(access) == GICV3_GROUP1N;
    unsigned intid = access->value >> 24 & 0xf;
    enum gicv3_group wanted = GICV3_GROUP0;
    if (access->encoding != ICC_SGI0R_EL1) {
        bool other = access->encoding == ICC_ASGI1R_EL1;
        wanted = gicv3_ds(gic) || ns != other ? GICV3_GROUP1N : GICV3_GROUP1S;
    }
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        struct gicv3_cpu *c = &gic->cpus[cpu];
        if (is_addressed(gic, cpu, access->cpu, access->value) &&
            accepts_sgi(gic, c, intid, wanted, ns)) {
            c->private.latch |= 1u << intid;
            el4_gicv3_update(gic, cpu);
        }
    }
}

/* ---- plain registers ---- */

static unsigned smallest_bpr(const struct gicv3 *gic, enum gicv3_group group)
{
    return 7 - gic_preemption_bits(gic->priority_bits) + (group == GICV3_GROUP1N);
}

static void set_bpr(const struct gicv3 *gic, struct gicv3_cpu *c, enum gicv3_group group,
                    uint64_t value)
{
    unsigned smallest = smallest_bpr(gic, group), wanted = value & 7;
    c->binary_point[group] = (uint8_t)(wanted < smallest ? smallest : wanted);
}

/* With CBPR, BPR1 below EL3 is BPR0: in Non-secure state read only and one more. */
static uint64_t read_bpr1(const struct gicv3_cpu *c, const struct el4_sysreg_access *access)
{
    enum gicv3_group group = bank(access);
    if (!c->common_bpr[group] || access->el == 3) {
        return c->binary_point[group];
    }
    unsigned common = c->binary_point[GICV3_GROUP0];
    return group == GICV3_GROUP1S || common == 7 ? common : common + 1;
}

static void write_bpr1(const struct gicv3 *gic, struct gicv3_cpu *c,
                       const struct el4_sysreg_access *access)
{
    enum gicv3_group group = bank(access);
    if (!c->common_bpr[group] || access->el == 3) {
        set_bpr(gic, c, group, access->value);
    } else if (group == GICV3_GROUP1S) {
        set_bpr(gic, c, GICV3_GROUP0, access->value);
    }
}

static void write_pmr(const struct gicv3 *gic, struct gicv3_cpu *c,
                      const struct el4_sysreg_access *access)
{
    uint8_t mask = (uint8_t)access->value;
    if (has_ns_view(access)) {
        if (!(c->priority_mask & 0x80)) {
            return;
        }
        mask = gic_priority_from_ns(mask);
    }
    c->priority_mask = mask & gic_priority_mask(gic->priority_bits);
}

static uint32_t ctlr_constants(const struct gicv3 *gic)
{
    return (gic->priority_bits - 1) << ICC_CTLR_PRIBITS | ICC_CTLR_A3V | ICC_CTLR_RSS;
}

static uint64_t read_ctlr_el1(const struct gicv3 *gic, const struct gicv3_cpu *c,
                              const struct el4_sysreg_access *access)
{
    enum gicv3_group group = bank(access);
    return ctlr_constants(gic) | c->common_bpr[group] | (uint32_t)c->eoi_split[group] << 1 |
           (uint32_t)c->pmhe << 6;
}

static void write_ctlr_el1(const struct gicv3 *gic, struct gicv3_cpu *c,
                           const struct el4_sysreg_access *access)
{
    enum gicv3_group group = bank(access);
    c->eoi_split[group] = access->value >> 1 & 1;
    /* With two security states these two are EL3's to set. */
    if (!access->has_el3 || gicv3_ds(gic)) {
        c->common_bpr[group] = access->value & 1;
        c->pmhe = access->value >> 6 & 1;
    }
}

static uint64_t read_ctlr_el3(const struct gicv3 *gic, const struct gicv3_cpu *c)
{
    return ctlr_constants(gic) | (uint32_t)c->common_bpr[GICV3_GROUP1S] |
           (uint32_t)c->common_bpr[GICV3_GROUP1N] << 1 | (uint32_t)c->eoi_split[0] << 2 |
           (uint32_t)c->eoi_split[GICV3_GROUP1S] << 3 |
           (uint32_t)c->eoi_split[GICV3_GROUP1N] << 4 | (uint32_t)c->pmhe << 6;
}

static void write_ctlr_el3(struct gicv3_cpu *c, uint64_t value)
{
    c->common_bpr[GICV3_GROUP1S] = value & 1;
    c->common_bpr[GICV3_GROUP1N] = value >> 1 & 1;
    c->eoi_split[0] = value >> 2 & 1;
    c->eoi_split[GICV3_GROUP1S] = value >> 3 & 1;
    c->eoi_split[GICV3_GROUP1N] = value >> 4 & 1;
    c->pmhe = value >> 6 & 1;
}

/* The word of an active priority register, NULL if it is not implemented. */
static uint32_t *apr_word(const struct gicv3 *gic, struct gicv3_cpu *c,
                          const struct el4_sysreg_access *access)
{
    bool group1 = access->encoding >= ICC_AP1R0_EL1;
    unsigned n = access->encoding - (group1 ? ICC_AP1R0_EL1 : ICC_AP0R0_EL1);
    if (n >= gic_apr_words(gic_preemption_bits(gic->priority_bits))) {
        return NULL;
    }
    return &c->apr[group1 ? bank(access) : GICV3_GROUP0][n];
}

static bool is_apr(uint32_t encoding)
{
    return (encoding >= ICC_AP0R0_EL1 && encoding <= ICC_AP0R3_EL1) ||
           (encoding >= ICC_AP1R0_EL1 && encoding <= ICC_AP1R3_EL1);
}

/* ---- access ---- */

static bool read_register(struct gicv3 *gic, struct el4_sysreg_access *access)
{
    struct gicv3_cpu *c = &gic->cpus[access->cpu];
    if (is_apr(access->encoding)) {
        uint32_t *word = apr_word(gic, c, access);
        access->value = word ? *word : 0;
        return word;
    }
    switch (access->encoding) {
    case ICC_PMR_EL1:
        access->value =
            has_ns_view(access) ? gic_mask_to_ns(c->priority_mask) : c->priority_mask;
        return true;
    case ICC_IAR0_EL1:
    case ICC_IAR1_EL1:
        access->value = acknowledge(gic, access, access->encoding == ICC_IAR1_EL1);
        return true;
    case ICC_HPPIR0_EL1:
    case ICC_HPPIR1_EL1:
        access->value = highest_pending(gic, access, access->encoding == ICC_HPPIR1_EL1);
        return true;
    case ICC_RPR_EL1: {
        uint8_t running = el4_gicv3_running(gic, access->cpu);
        access->value = has_ns_view(access) ? gic_running_to_ns(running) : running;
        return true;
    }
    case ICC_BPR0_EL1: access->value = c->binary_point[GICV3_GROUP0]; return true;
    case ICC_BPR1_EL1: access->value = read_bpr1(c, access); return true;
    case ICC_CTLR_EL1: access->value = read_ctlr_el1(gic, c, access); return true;
    case ICC_CTLR_EL3: access->value = read_ctlr_el3(gic, c); return true;
    /* DFB, DIB, SRE: the GICv2 way is not there. */
    case ICC_SRE_EL1: access->value = 7; return true;
    case ICC_SRE_EL2: access->value = 7 | (uint32_t)c->sre_enable_el2 << 3; return true;
    case ICC_SRE_EL3: access->value = 7 | (uint32_t)c->sre_enable_el3 << 3; return true;
    case ICC_IGRPEN0_EL1: access->value = c->enabled[GICV3_GROUP0]; return true;
    case ICC_IGRPEN1_EL1: access->value = c->enabled[bank(access)]; return true;
    case ICC_IGRPEN1_EL3:
        access->value = c->enabled[GICV3_GROUP1N] | (uint32_t)c->enabled[GICV3_GROUP1S] << 1;
        return true;
    default: return false; /* write only */
    }
}

static bool write_register(struct gicv3 *gic, struct el4_sysreg_access *access)
{
    struct gicv3_cpu *c = &gic->cpus[access->cpu];
    if (is_apr(access->encoding)) {
        uint32_t *word = apr_word(gic, c, access);
        if (word) {
            *word =
                (uint32_t)access->value & gic_apr_mask(gic_preemption_bits(gic->priority_bits));
        }
        return word;
    }
    switch (access->encoding) {
    case ICC_PMR_EL1: write_pmr(gic, c, access); return true;
    case ICC_EOIR0_EL1:
    case ICC_EOIR1_EL1: write_eoir(gic, access, access->encoding == ICC_EOIR1_EL1); return true;
    case ICC_DIR_EL1: write_dir(gic, access); return true;
    case ICC_SGI1R_EL1:
    case ICC_ASGI1R_EL1:
    case ICC_SGI0R_EL1: send_sgi(gic, access); return true;
    case ICC_BPR0_EL1: set_bpr(gic, c, GICV3_GROUP0, access->value); return true;
    case ICC_BPR1_EL1: write_bpr1(gic, c, access); return true;
    case ICC_CTLR_EL1: write_ctlr_el1(gic, c, access); return true;
    case ICC_CTLR_EL3: write_ctlr_el3(c, access->value); return true;
    case ICC_SRE_EL1: return true;
    case ICC_SRE_EL2: c->sre_enable_el2 = access->value >> 3 & 1; return true;
    case ICC_SRE_EL3: c->sre_enable_el3 = access->value >> 3 & 1; return true;
    case ICC_IGRPEN0_EL1: c->enabled[GICV3_GROUP0] = access->value & 1; return true;
    case ICC_IGRPEN1_EL1: c->enabled[bank(access)] = access->value & 1; return true;
    case ICC_IGRPEN1_EL3:
        c->enabled[GICV3_GROUP1N] = access->value & 1;
        c->enabled[GICV3_GROUP1S] = access->value >> 1 & 1;
        return true;
    default: return false; /* read only */
    }
}

static enum el4_sysreg_verdict access_register(struct gicv3 *gic,
                                               struct el4_sysreg_access *access, bool write)
{
    if (access->cpu >= gic->cpu_count) {
        return EL4_SYSREG_UNDEF;
    }
    struct gicv3_cpu *c = &gic->cpus[access->cpu];
    bool known;
    el4_gicv3_note_state(gic, access->cpu, access);
    switch (way_of(c, access)) {
    case WAY_TRAP: return EL4_SYSREG_TRAPS;
    case WAY_UNDEF: return EL4_SYSREG_UNDEF;
    case WAY_VIRTUAL:
        known = write ? el4_gicv3_icv_write(gic, access) : el4_gicv3_icv_read(gic, access);
        break;
    default:
        known = write ? write_register(gic, access) : read_register(gic, access);
        if (write) {
            el4_gicv3_update(gic, access->cpu);
        }
        break;
    }
    return known ? EL4_SYSREG_DONE : EL4_SYSREG_UNDEF;
}

static enum el4_sysreg_verdict icc_read(void *state, struct el4_sysreg_access *access)
{
    return access_register(state, access, false);
}

static enum el4_sysreg_verdict icc_write(void *state, struct el4_sysreg_access *access)
{
    return access_register(state, access, true);
}

void el4_gicv3_reset_cpu(struct gicv3 *gic, unsigned cpu)
{
    struct gicv3_cpu *c = &gic->cpus[cpu];
    c->priority_mask = 0;
    for (unsigned group = 0; group < GICV3_GROUPS; group++) {
        set_bpr(gic, c, group, 0);
        c->enabled[group] = false;
        c->common_bpr[group] = false;
        c->eoi_split[group] = false;
    }
    memset(c->apr, 0, sizeof(c->apr));
    c->pmhe = false;
    c->sre_enable_el2 = c->sre_enable_el3 = gic->firmware_ran;
    if (gic->firmware_left_nonsecure) {
        /* Non-secure software can't lower a mask that is in the Secure half. */
        c->priority_mask = gic_priority_mask(gic->priority_bits);
    }
}

bool el4_gicv3_claim_cpu(struct gicv3 *gic)
{
    static const struct {
        uint32_t first, last;
    } claims[] = {
        {ICC_PMR_EL1, ICC_PMR_EL1},      {ICC_IAR0_EL1, ICC_AP0R3_EL1},
        {ICC_AP1R0_EL1, ICC_AP1R3_EL1},  {ICC_DIR_EL1, ICC_DIR_EL1},
        {ICC_RPR_EL1, ICC_RPR_EL1},      {ICC_SGI1R_EL1, ICC_SGI0R_EL1},
        {ICC_IAR1_EL1, ICC_IGRPEN1_EL1}, {ICC_SRE_EL2, ICC_SRE_EL2},
        {ICC_CTLR_EL3, ICC_SRE_EL3},     {ICC_IGRPEN1_EL3, ICC_IGRPEN1_EL3},
    };
    struct el4_sysreg_ops ops = {
        .struct_size = sizeof(ops),
        .read = icc_read,
        .write = icc_write,
    };
    for (unsigned i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        if (!gic->host->sysreg_claim(gic->self, claims[i].first, claims[i].last, &ops)) {
            return false;
        }
    }
    return true;
}
