/* SPDX-License-Identifier: MIT */
/*
 * GICv2 interrupt controller (Arm IHI 0048B), modelled after a GIC-400: distributor, CPU
 * interfaces for up to eight CPUs, Security Extensions and virtualization extensions as the
 * configuration says.
 *
 * Regions: 0 distributor, 1 CPU interface, 2 GICH, 3 GICV (the last two with virtualization).
 * Inputs as device.h says for interrupt controllers. It has no output wires; it drives the
 * CPUs' interrupt lines, and its own maintenance interrupt (INTID 25) by itself.
 */
#include "gicv2.h"
#include "../gic-common/gic-config.h"
#include "../gic-common/gic-fdt.h"
#include <stdlib.h>

/* ---- selection ---- */

static void consider(struct gicv2_choice *choice, const struct gic_block *block, unsigned first,
                     uint32_t candidates)
{
    for (; candidates; candidates &= candidates - 1) {
        unsigned bit = (unsigned)__builtin_ctz(candidates);
        if (choice->intid == GIC_INTID_NONE || block->priority[bit] < choice->priority) {
            choice->intid = first + bit;
            choice->priority = block->priority[bit];
            choice->group = block->group >> bit & 1;
        }
    }
}

static uint32_t enabled_groups(const struct gic_block *block, uint32_t enables)
{
    return (enables & GICC_ENABLE_GROUP0 ? ~block->group : 0) |
           (enables & GICC_ENABLE_GROUP1 ? block->group : 0);
}

/* A CPU's part of a block of shared interrupts. */
static uint32_t targeted(const struct gicv2 *gic, unsigned block, uint32_t candidates,
                         unsigned cpu)
{
    uint32_t mine = 0;
    for (; candidates; candidates &= candidates - 1) {
        unsigned bit = (unsigned)__builtin_ctz(candidates);
        mine |= (gic->targets[block * 32 + bit] >> cpu & 1u) << bit;
    }
    return mine;
}

struct gicv2_choice el4_gicv2_choose(const struct gicv2 *gic, unsigned cpu)
{
    struct gicv2_choice choice = {.intid = GIC_INTID_NONE, .priority = GIC_IDLE};
    uint32_t enables = gic->control & gic->cpus[cpu].control;
    if (!enables) {
        return choice;
    }
    const struct gic_block *private = &gic->cpus[cpu].private;
    consider(&choice, private, 0,
             gic_block_candidates(private) & enabled_groups(private, enables));
    for (uint32_t left = gic->shared_candidates; left; left &= left - 1) {
        unsigned n = (unsigned)__builtin_ctz(left);
        const struct gic_block *block = &gic->shared[n];
        uint32_t candidates = gic_block_candidates(block) & enabled_groups(block, enables);
        consider(&choice, block, n * 32, targeted(gic, n, candidates, cpu));
    }
    return choice;
}

uint8_t el4_gicv2_group_mask(const struct gicv2_cpu *cpu, unsigned group)
{
    bool own = group == 1 && !(cpu->control & GICC_CBPR);
    return gic_group_mask(cpu->binary_point[own], own);
}

uint8_t el4_gicv2_running(const struct gicv2 *gic, unsigned cpu)
{
    unsigned level0 = gic_apr_first(gic->cpus[cpu].apr[0]);
    unsigned level1 = gic_apr_first(gic->cpus[cpu].apr[1]);
    return gic_apr_priority(level0 < level1 ? level0 : level1,
                            gic_preemption_bits(gic->priority_bits));
}

bool el4_gicv2_passes(const struct gicv2 *gic, unsigned cpu, const struct gicv2_choice *choice)
{
    const struct gicv2_cpu *c = &gic->cpus[cpu];
    if (choice->intid == GIC_INTID_NONE || choice->priority >= c->priority_mask) {
        return false;
    }
    uint8_t priority = choice->priority & el4_gicv2_group_mask(c, choice->group);
    return priority < el4_gicv2_running(gic, cpu);
}

/* ---- outputs ---- */

void el4_gicv2_drive(struct gicv2 *gic, unsigned cpu, enum el4_cpu_line line, bool level)
{
    uint32_t bit = 1u << line;
    if (!(gic->cpus[cpu].lines & bit) == !level) {
        return;
    }
    gic->cpus[cpu].lines ^= bit;
    gic->host->cpu_line_set(gic->self, cpu, line, level);
}

void el4_gicv2_update(struct gicv2 *gic, unsigned cpu)
{
    struct gicv2_choice choice = el4_gicv2_choose(gic, cpu);
    bool passes = el4_gicv2_passes(gic, cpu, &choice);
    bool fiq = passes && choice.group == 0 && (gic->cpus[cpu].control & GICC_FIQ_EN);
    el4_gicv2_drive(gic, cpu, EL4_CPU_IRQ, passes && !fiq);
    el4_gicv2_drive(gic, cpu, EL4_CPU_FIQ, fiq);
}

static void summarize(struct gicv2 *gic, unsigned block)
{
    if (gic_block_candidates(&gic->shared[block])) {
        gic->shared_candidates |= 1u << block;
    } else {
        gic->shared_candidates &= ~(1u << block);
    }
}

void el4_gicv2_update_all(struct gicv2 *gic)
{
    for (unsigned n = 1; n < gic->blocks; n++) {
        summarize(gic, n);
    }
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        el4_gicv2_update(gic, cpu);
    }
}

void el4_gicv2_update_intid(struct gicv2 *gic, unsigned cpu, unsigned intid)
{
    if (intid < GIC_PRIVATE) {
        el4_gicv2_update(gic, cpu);
        return;
    }
    summarize(gic, intid / 32);
    for (unsigned i = 0; i < gic->cpu_count; i++) {
        if (gic->targets[intid] >> i & 1) {
            el4_gicv2_update(gic, i);
        }
    }
}

void el4_gicv2_deactivate(struct gicv2 *gic, unsigned cpu, unsigned intid)
{
    struct gic_block *block = gicv2_block(gic, cpu, intid);
    block->active &= ~(1u << (intid % 32));
    el4_gicv2_update_intid(gic, cpu, intid);
}

static void set_line(struct gicv2 *gic, unsigned cpu, unsigned intid, bool level)
{
    struct gic_block *block = gicv2_block(gic, cpu, intid);
    uint32_t bit = 1u << (intid % 32);
    uint32_t before = gic_block_candidates(block);
    gic_block_set_line(block, bit, level);
    if (gic_block_candidates(block) != before) {
        el4_gicv2_update_intid(gic, cpu, intid);
    }
}

void el4_gicv2_update_virtual(struct gicv2 *gic, unsigned cpu)
{
    const struct gic_virtual *v = &gic->cpus[cpu].virtual;
    bool virq, vfiq;
    el4_gic_virtual_lines(v, &virq, &vfiq);
    el4_gicv2_drive(gic, cpu, EL4_CPU_VIRQ, virq);
    el4_gicv2_drive(gic, cpu, EL4_CPU_VFIQ, vfiq);
    set_line(gic, cpu, GIC_MAINTENANCE, (v->hcr & GIC_HCR_EN) && el4_gic_virtual_misr(v));
}

static void wire_changed(void *state, unsigned input, bool level)
{
    struct gicv2 *gic = state;
    unsigned cpu = input >> 16, intid = input & 0xffff;
    bool fits = cpu == 0 ? intid >= GIC_PRIVATE && gicv2_exists(gic, intid)
                         : cpu <= gic->cpu_count && intid >= GIC_SGIS && intid < GIC_PRIVATE;
    if (!fits) {
        gic->host->log(gic->self, EL4_LOG_WARNING, "input 0x%x does not exist", input);
        return;
    }
    set_line(gic, cpu ? cpu - 1 : 0, intid, level);
}

/* ---- reset, firmware ---- */

static void cpu_reset(void *state, unsigned cpu)
{
    struct gicv2 *gic = state;
    if (cpu < gic->cpu_count) {
        el4_gicv2_reset_cpu(gic, cpu);
        el4_gicv2_update(gic, cpu);
        el4_gicv2_update_virtual(gic, cpu);
    }
}

static void reset(void *state)
{
    struct gicv2 *gic = state;
    gic->firmware_ran = false;
    el4_gicv2_reset_distributor(gic);
    el4_gicv2_update_all(gic);
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        cpu_reset(gic, cpu);
    }
}

static void give_to_nonsecure(struct gic_block *block)
{
    block->group = block->implemented;
    for (unsigned i = 0; i < 32; i++) {
        block->priority[i] = 0x80; /* the most urgent that Non-secure software can see */
    }
}

/*
 * What Secure firmware does before it leaves: without it Non-secure software could neither use
 * an interrupt nor write its priority mask (IHI 0048B 4.4.2).
 */
static void firmware_setup(void *state, bool nonsecure)
{
    struct gicv2 *gic = state;
    if (!gic->security || !nonsecure) {
        return;
    }
    gic->firmware_ran = true;
    for (unsigned n = 1; n < gic->blocks; n++) {
        give_to_nonsecure(&gic->shared[n]);
    }
    for (unsigned cpu = 0; cpu < gic->cpu_count; cpu++) {
        give_to_nonsecure(&gic->cpus[cpu].private);
        cpu_reset(gic, cpu);
    }
    el4_gicv2_update_all(gic);
}

/* ---- device tree ---- */

static void fdt(void *state, struct el4_fdt *tree)
{
    struct gicv2 *gic = state;
    gic_fdt(gic->host, gic->self, tree, gic->virtualization);
}

/* ---- instance ---- */

static const char *const model_choices[] = {"gic-400", "cortex-a9", "cortex-a15", NULL};

/* In that order: DDI 0471, DDI 0407 chapter 3, DDI 0438 chapter 8. */
static const struct gicv2_model models[] = {
    {0x0200143b, 0x0202143b, {0x90, 0xb4, 0x2b, 0x00}},
    {0x0102043b, 0x3901243b, {0x90, 0xb3, 0x1b, 0x00}},
    {0x0000043b, 0x0002043b, {0x90, 0xb4, 0x2b, 0x00}},
};

static bool check(struct gicv2 *gic)
{
    if (gic->cpu_count == 0 || gic->cpu_count > GICV2_CPUS_MAX) {
        gic->host->fail(gic->self, "a GICv2 has 1 to %u CPU interfaces, the machine %u CPUs",
                        GICV2_CPUS_MAX, gic->cpu_count);
        return false;
    }
    return true;
}

static void destroy(void *state)
{
    free(state);
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct gicv2 *gic = calloc(1, sizeof(*gic));
    if (!gic) {
        host->fail(self, "no memory");
        return NULL;
    }
    gic->host = host;
    gic->self = self;
    gic->cpu_count = host->cpu_count(self);
    gic->model = &models[host->config_enum(self, "model")];
    gic->security = host->config_bool(self, "security");
    gic->virtualization = host->config_bool(self, "virtualization");
    gic->priority_bits = (unsigned)host->config_uint(self, "priority-bits");
    gic->blocks = gic_config_blocks(host, self);
    for (unsigned cpu = 0; cpu < GICV2_CPUS_MAX; cpu++) {
        struct gic_virtual *v = &gic->cpus[cpu].virtual;
        v->lr_count =
            gic->virtualization ? (unsigned)host->config_uint(self, "list-registers") : 0;
        v->priority_bits = 5; /* all that GICH_LRn has */
        v->one_apr = true;
    }
    if (!check(gic) || !el4_gicv2_declare_distributor(gic) || !el4_gicv2_declare_cpu(gic) ||
        (gic->virtualization && !el4_gicv2_declare_virtual(gic))) {
        free(gic);
        return NULL;
    }
    return gic;
}

static const struct el4_config_key keys[] = {
    {.name = "model",
     .type = EL4_CONFIG_ENUM,
     .default_text = "gic-400",
     .choices = model_choices,
     .help = "Whose identification registers it has; it is a GICv2 in any case."},
    GIC_KEY_SPIS,
    GIC_KEY_PRIORITY_BITS(
        "Implemented bits of a priority; 5 make 32 levels, of which Non-secure software "
        "has 16."),
    GIC_KEY_FLAG("security",
                 "Security Extensions: registers are banked by the access's security state."),
    GIC_KEY_FLAG("virtualization",
                 "Virtualization extensions: regions GICH and GICV, maintenance interrupt 25."),
    GIC_KEY_LIST_REGISTERS,
    GIC_KEY_COMPATIBLE("arm,cortex-a15-gic"),
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .help = "GICv2 interrupt controller.",
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
    .cpu_reset = cpu_reset,
    .firmware_setup = firmware_setup,
};

EL4_PLUGIN_DEFINE(gicv2) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "gicv2",
    .version = "1.0",
    .description = "Arm GICv2 interrupt controller (GIC-400)",
    .schema = &schema,
    .operations = &operations,
};
