/* SPDX-License-Identifier: MIT */
/*
 * GICv3 interrupt controller (Arm IHI 0069), modelled after a GIC-500: distributor,
 * redistributors, CPU interfaces by system register. Affinity routing is always on, the
 * memory-mapped CPU interface of GICv2 is not there, nor are LPIs, an ITS, and 1 of N routing.
 *
 * Regions: 0 distributor, 1 redistributors, 128 KiB for each CPU. Inputs as device.h says for
 * interrupt controllers. It has no output wires; it drives the CPUs' interrupt lines, and its
 * own maintenance interrupt (INTID 25) by itself.
 */
#include "gicv3.h"
#include "../gic-common/gic-config.h"
#include "../gic-common/gic-fdt.h"
#include <stdlib.h>

#define CPUS_MAX 512u

/* ---- selection ---- */

/* Interrupts of a block whose group is enabled; bit n of enables is enum gicv3_group n. */
static uint32_t enabled_groups(const struct gicv3 *gic, const struct gic_block *block,
                               uint32_t enables)
{
    uint32_t group1s = gicv3_ds(gic) ? 0 : ~block->group & block->modifier;
    uint32_t group0 = ~block->group & ~group1s;
    return (enables & 1u << GICV3_GROUP0 ? group0 : 0) |
           (enables & 1u << GICV3_GROUP1S ? group1s : 0) |
           (enables & 1u << GICV3_GROUP1N ? block->group : 0);
}

static uint32_t distributor_enables(const struct gicv3 *gic)
{
    return (gic->control & GICD_ENABLE_GRP0 ? 1u << GICV3_GROUP0 : 0) |
           (gic->control & GICD_ENABLE_GRP1S ? 1u << GICV3_GROUP1S : 0) |
           (gic->control & GICD_ENABLE_GRP1N ? 1u << GICV3_GROUP1N : 0);
}

static uint32_t interface_enables(const struct gicv3_cpu *cpu)
{
    uint32_t enables = 0;
    for (unsigned group = 0; group < GICV3_GROUPS; group++) {
        enables |= (uint32_t)cpu->enabled[group] << group;
    }
    return enables;
}

static void consider(struct gicv3_choice *choice, unsigned intid, uint8_t priority)
{
    if (choice->intid == GIC_INTID_NONE || priority < choice->priority) {
        choice->intid = intid;
        choice->priority = priority;
    }
}

static struct gicv3_choice choose(const struct gicv3 *gic, unsigned cpu, uint32_t enables)
{
    struct gicv3_choice choice = {.intid = GIC_INTID_NONE, .priority = GIC_IDLE};
    if (!enables) {
        return choice;
    }
    const struct gic_block *block = &gic->cpus[cpu].private;
    uint32_t bits = gic_block_candidates(block) & enabled_groups(gic, block, enables);
    for (; bits; bits &= bits - 1) {
        unsigned bit = (unsigned)__builtin_ctz(bits);
        consider(&choice, bit, block->priority[bit]);
    }
    for (uint32_t left = gic->shared_candidates; left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);
        block = &gic->shared[n];
        bits = gic_block_candidates(block) & enabled_groups(gic, block, enables);
        for (; bits; bits &= bits - 1) {
            unsigned bit = (unsigned)__builtin_ctz(bits);
            if (gic->target[n * 32 + bit] == (int)cpu) {
                consider(&choice, n * 32 + bit, block->priority[bit]);
            }
        }
    }
    if (choice.intid != GIC_INTID_NONE) {
        block = choice.intid < GIC_PRIVATE ? &gic->cpus[cpu].private
                                           : &gic->shared[choice.intid / 32];
        choice.group = gicv3_group(gic, block, choice.intid % 32);
    }
    return choice;
}

struct gicv3_choice el4_gicv3_choose(const struct gicv3 *gic, unsigned cpu)
{
    return choose(gic, cpu, distributor_enables(gic) & interface_enables(&gic->cpus[cpu]));
}

uint8_t el4_gicv3_group_mask(const struct gicv3_cpu *cpu, enum gicv3_group group)
{
    if (group != GICV3_GROUP0 && cpu->common_bpr[group]) {
        group = GICV3_GROUP0;
    }
    return gic_group_mask(cpu->binary_point[group], group == GICV3_GROUP1N);
}

enum gicv3_group el4_gicv3_active_group(const struct gicv3_cpu *cpu)
{
    enum gicv3_group found = GICV3_GROUPS;
    unsigned best = GIC_APR_NOTHING;
    for (unsigned group = 0; group < GICV3_GROUPS; group++) {
        unsigned level = gic_apr_first(cpu->apr[group]);
        if (level < best) {
            best = level;
            found = group;
        }
    }
    return found;
}

uint8_t el4_gicv3_running(const struct gicv3 *gic, unsigned cpu)
{
    enum gicv3_group group = el4_gicv3_active_group(&gic->cpus[cpu]);
    if (group == GICV3_GROUPS) {
        return GIC_IDLE;
    }
    return gic_apr_priority(gic_apr_first(gic->cpus[cpu].apr[group]),
                            gic_preemption_bits(gic->priority_bits));
}

bool el4_gicv3_passes(const struct gicv3 *gic, unsigned cpu, const struct gicv3_choice *choice)
{
    const struct gicv3_cpu *c = &gic->cpus[cpu];
    if (choice->intid == GIC_INTID_NONE || choice->priority >= c->priority_mask) {
        return false;
    }
    uint8_t priority = choice->priority & el4_gicv3_group_mask(c, choice->group);
    return priority < el4_gicv3_running(gic, cpu);
}

/* ---- outputs ---- */

static void drive(struct gicv3 *gic, unsigned cpu, enum el4_cpu_line line, bool level)
{
    uint32_t bit = 1u << line;
    if (!(gic->cpus[cpu].lines & bit) == !level) {
        return;
    }
    gic->cpus[cpu].lines ^= bit;
    gic->host->cpu_line_set(gic->self, cpu, line, level);
}

/* What is not for the current state arrives as FIQ (IHI 0069 4.6.2, EL3 in AArch64). */
static bool is_fiq(const struct gicv3 *gic, const struct gicv3_cpu *c, enum gicv3_group group)
{
    switch (group) {
    case GICV3_GROUP0: return true;
    case GICV3_GROUP1S: return c->at_el3 || !c->secure;
    default: return !gicv3_ds(gic) && (c->at_el3 || c->secure);
    }
}

void el4_gicv3_update(struct gicv3 *gic, unsigned cpu)
{
    const struct gicv3_cpu *c = &gic->cpus[cpu];
    struct gicv3_choice choice = el4_gicv3_choose(gic, cpu);
    bool passes = el4_gicv3_passes(gic, cpu, &choice);
    bool fiq = passes && is_fiq(gic, c, choice.group);
    bool irq = passes && !fiq;
    /*
     * A CPU that software has put to sleep by GICR_WAKER has its interface closed; the
     * WakeRequest to its power controller is the IRQ line here. One that never was told to wake
     * after reset is no case of it: software that leaves GICR_WAKER alone works, too.
     */
    if (c->asked_to_sleep) {
        struct gicv3_choice any = choose(gic, cpu, distributor_enables(gic));
        irq |= any.intid != GIC_INTID_NONE;
    }
    drive(gic, cpu, EL4_CPU_IRQ, irq);
    drive(gic, cpu, EL4_CPU_FIQ, fiq);
}

static void summarize(struct gicv3 *gic, unsigned block)
{
    if (gic_block_candidates(&gic->shared[block])) {
        gic->shared_candidates |= 1u << block;
    } else {
        gic->shared_candidates &= ~(1u << block);
    }
}

void el4_gicv3_update_all(struct gicv3 *gic)
{
    for (unsigned n = 1; n < gic->blocks; n++) {
        summarize(gic, n);
    }
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        el4_gicv3_update(gic, cpu);
    }
}

void el4_gicv3_update_intid(struct gicv3 *gic, unsigned cpu, unsigned intid)
{
    if (intid < GIC_PRIVATE) {
        el4_gicv3_update(gic, cpu);
        return;
    }
    summarize(gic, intid / 32);
    if (gic->target[intid] >= 0) {
        el4_gicv3_update(gic, (unsigned)gic->target[intid]);
    }
}

void el4_gicv3_deactivate(struct gicv3 *gic, unsigned cpu, unsigned intid)
{
    gicv3_block(gic, cpu, intid)->active &= ~(1u << (intid % 32));
    el4_gicv3_update_intid(gic, cpu, intid);
}

static void set_line(struct gicv3 *gic, unsigned cpu, unsigned intid, bool level)
{
    struct gic_block *block = gicv3_block(gic, cpu, intid);
    uint32_t before = gic_block_candidates(block);
    gic_block_set_line(block, 1u << (intid % 32), level);
    if (gic_block_candidates(block) != before) {
        el4_gicv3_update_intid(gic, cpu, intid);
    }
}

void el4_gicv3_update_virtual(struct gicv3 *gic, unsigned cpu)
{
    const struct gic_virtual *v = &gic->cpus[cpu].virtual;
    bool virq, vfiq;
    el4_gic_virtual_lines(v, &virq, &vfiq);
    drive(gic, cpu, EL4_CPU_VIRQ, virq);
    drive(gic, cpu, EL4_CPU_VFIQ, vfiq);
    set_line(gic, cpu, GIC_MAINTENANCE, (v->hcr & GIC_HCR_EN) && el4_gic_virtual_misr(v));
}

static void wire_changed(void *state, unsigned input, bool level)
{
    struct gicv3 *gic = state;
    unsigned cpu = input >> 16, intid = input & 0xffff;
    bool fits = cpu == 0 ? intid >= GIC_PRIVATE && gicv3_exists(gic, intid)
                         : cpu <= gic->cpu_count && intid >= GIC_SGIS && intid < GIC_PRIVATE;
    if (!fits) {
        gic->host->log(gic->self, EL4_LOG_WARNING, "input 0x%x does not exist", input);
        return;
    }
    set_line(gic, cpu ? cpu - 1 : 0, intid, level);
}

/* ---- reset, firmware ---- */

void el4_gicv3_note_state(struct gicv3 *gic, unsigned cpu,
                          const struct el4_sysreg_access *control)
{
    struct gicv3_cpu *c = &gic->cpus[cpu];
    bool at_el3 = control->el == 3;
    if (c->at_el3 != at_el3 || c->secure != control->secure) {
        c->at_el3 = at_el3;
        c->secure = control->secure;
        el4_gicv3_update(gic, cpu);
    }
}

static void cpu_changed(void *state, unsigned cpu, const struct el4_sysreg_access *control)
{
    struct gicv3 *gic = state;
    if (cpu < gic->cpu_count) {
        el4_gicv3_note_state(gic, cpu, control);
    }
}

static void cpu_reset(void *state, unsigned cpu)
{
    struct gicv3 *gic = state;
    if (cpu < gic->cpu_count) {
        el4_gicv3_reset_cpu(gic, cpu);
        el4_gicv3_reset_virtual(gic, cpu);
        el4_gicv3_update(gic, cpu);
        el4_gicv3_update_virtual(gic, cpu);
    }
}

static void reset(void *state)
{
    struct gicv3 *gic = state;
    gic->firmware_ran = gic->firmware_left_nonsecure = false;
    el4_gicv3_reset_distributor(gic);
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        el4_gicv3_reset_redistributor(gic, cpu);
        cpu_reset(gic, cpu);
    }
    el4_gicv3_update_all(gic);
}

static void give_to_nonsecure(struct gic_block *block)
{
    block->group = block->implemented;
    block->modifier = 0;
    for (unsigned i = 0; i < 32; i++) {
        block->priority[i] = 0x80; /* the most urgent that Non-secure software can see */
    }
}

/*
 * What firmware does before it leaves EL3. The groups of Secure software are enabled, as by
 * firmware that uses them; that of the Non-secure guest is for the guest to enable.
 */
static void firmware_setup(void *state, bool nonsecure)
{
    struct gicv3 *gic = state;
    gic->firmware_ran = true;
    gic->firmware_left_nonsecure = nonsecure && gic->security;
    if (gic->firmware_left_nonsecure) {
        gic->control |= GICD_ENABLE_GRP0 | GICD_ENABLE_GRP1S;
        for (unsigned n = 1; n < gic->blocks; n++) {
            give_to_nonsecure(&gic->shared[n]);
        }
    }
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        if (gic->firmware_left_nonsecure) {
            give_to_nonsecure(&gic->cpus[cpu].private);
            gic->cpus[cpu].processor_sleep = false; /* Non-secure software can't wake it */
        }
        cpu_reset(gic, cpu);
    }
    el4_gicv3_update_all(gic);
}

/* ---- device tree ---- */

static void fdt(void *state, struct el4_fdt *tree)
{
    struct gicv3 *gic = state;
    gic_fdt(gic->host, gic->self, tree, gic->virtualization);
    el4_fdt_add_cell(gic->host, tree, "#redistributor-regions", 1);
}

/* ---- instance ---- */

static void destroy(void *state)
{
    free(state);
}

static void read_config(struct gicv3 *gic)
{
    const struct el4_host *host = gic->host;
    gic->security = host->config_bool(gic->self, "security");
    gic->virtualization = host->config_bool(gic->self, "virtualization");
    gic->priority_bits = (unsigned)host->config_uint(gic->self, "priority-bits");
    gic->blocks = gic_config_blocks(host, gic->self);
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        uint64_t mpidr = host->cpu_mpidr(gic->self, cpu);
        struct gicv3_cpu *c = &gic->cpus[cpu];
        c->affinity = (uint32_t)((mpidr >> 32 & 0xff) << 24 | (mpidr & 0xffffff));
        c->virtual.lr_count = (unsigned)host->config_uint(gic->self, "list-registers");
        /* At least 5 bits by IHI 0069 6.1.1. */
        c->virtual.priority_bits = gic->priority_bits < 5 ? 5 : gic->priority_bits;
    }
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    unsigned cpus = host->cpu_count(self);
    if (cpus == 0 || cpus > CPUS_MAX) {
        host->fail(self, "this GICv3 serves 1 to %u CPUs, the machine has %u", CPUS_MAX, cpus);
        return NULL;
    }
    struct gicv3 *gic = calloc(1, sizeof(*gic) + cpus * sizeof(gic->cpus[0]));
    if (!gic) {
        host->fail(self, "no memory");
        return NULL;
    }
    gic->host = host;
    gic->self = self;
    gic->cpu_count = cpus;
    read_config(gic);
    if (!el4_gicv3_declare_distributor(gic) || !el4_gicv3_declare_redistributors(gic) ||
        !el4_gicv3_claim_cpu(gic) || !el4_gicv3_claim_virtual(gic)) {
        free(gic);
        return NULL;
    }
    return gic;
}

static const struct el4_config_key keys[] = {
    GIC_KEY_SPIS,
    GIC_KEY_PRIORITY_BITS("Implemented bits of a priority."),
    GIC_KEY_FLAG("security", "Two security states; without it GICD_CTLR.DS is fixed at 1."),
    GIC_KEY_FLAG(
        "virtualization",
        "Describe the maintenance interrupt, INTID 25, in the device tree; the registers "
        "are there whenever the CPUs have EL2."),
    GIC_KEY_LIST_REGISTERS,
    GIC_KEY_COMPATIBLE("arm,gic-v3"),
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "GICv3 interrupt controller.",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
};

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .wire_changed = wire_changed,
    .fdt = fdt,
    .cpu_changed = cpu_changed,
    .cpu_reset = cpu_reset,
    .firmware_setup = firmware_setup,
};

EL4_PLUGIN_DEFINE(gicv3) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "gicv3",
    .version = "1.0",
    .description = "Arm GICv3 interrupt controller (GIC-500 without ITS)",
    .schema = &schema,
    .operations = &operations,
};
