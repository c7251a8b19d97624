/* SPDX-License-Identifier: MIT */
/* The fake cpu's parts; see fake-cpu.h. */
#include "fake-cpu.h"

#include <glib.h>
#include <string.h>

#include "cpu/a32.h"
#include "cpu/crosscall.h"
#include "cpu/debug.h"
#include "cpu/mem.h"
#include "cpu/tlb.h"

uint64_t fake_watched_page = UINT64_MAX;
unsigned fake_watch_checks;

static _Thread_local jmp_buf catcher;

_Noreturn void el4_cpu_raise_exception(struct el4_cpu *cpu, const struct el4_exception *e)
{
    cpu->exception = *e;
    g_assert(cpu->unwind);
    longjmp(*cpu->unwind, 1);
}

bool el4_debug_page_watched(const struct el4_cpu *cpu, uint64_t va)
{
    return (va & EL4_PAGE_MASK) == fake_watched_page;
}

void el4_debug_check_watchpoints(struct el4_cpu *cpu, uint64_t va, unsigned bytes,
                                 bool is_write, bool privileged)
{
    fake_watch_checks++;
}

void fake_catch_begin(struct el4_cpu *cpu)
{
    cpu->unwind = &catcher;
    memset(&cpu->exception, 0, sizeof(cpu->exception));
}

static struct el4_cpu *const *all_cpus(void *data, unsigned *count)
{
    struct fake_machine *machine = data;
    *count = machine->count;
    return machine->cpus;
}

static bool is_single_threaded(void *data)
{
    return ((struct fake_machine *)data)->single_threaded;
}

static const struct el4_cpu_env fake_env = {
    .cpus = all_cpus,
    .single_threaded = is_single_threaded,
};

void fake_set_el(struct el4_cpu *cpu, unsigned el)
{
    cpu->pstate = el << EL4_PSTATE_EL_SHIFT;
    cpu->mode.el = el & 3;
    cpu->mode.mmu_index = el == 3   ? EL4_MMU_EL3
                          : el == 2 ? (el4_cpu_e2h(cpu) ? EL4_MMU_PRIV : EL4_MMU_EL2)
                          : el      ? EL4_MMU_PRIV
                                    : EL4_MMU_EL0;
    el4_mem_flush_fast_tlb(cpu);
}

static struct el4_cpu *make_cpu(struct fake_machine *machine, unsigned index)
{
    struct el4_cpu *cpu = g_new0(struct el4_cpu, 1);
    cpu->index = index;
    cpu->bus = machine->bus;
    cpu->env = &fake_env;
    cpu->env_data = machine;
    cpu->mmu = el4_mmu_new();
    cpu->crosscalls = el4_crosscall_queue_new();
    cpu->exclusive_va = EL4_TLB_NO_TAG;
    cpu->regs.scr_el3 = EL4_SCR_NS | EL4_SCR_RW;
    cpu->regs.hcr_el2 = EL4_HCR_RW;
    cpu->features = (struct el4_features){
        .aarch64 = true,
        .el2 = true,
        .el3 = true,
        .pan = true,
        .pan2 = true,
        .vhe = true,
        .hafdbs_af = true,
        .hafdbs_dbm = true,
        .hpds = true,
        .xnx = true,
        .vmid16 = true,
        .asid16 = true,
        .tgran16 = true,
        .tgran64 = true,
        .e0pd = true,
        .pauth = true,
        .pa_bits = 48,
        .va_bits = 48,
    };
    el4_tlb_invalidate_all(cpu, 0, 0, 0);
    fake_set_el(cpu, 1);
    return cpu;
}

struct fake_machine *fake_machine_new(unsigned count)
{
    struct fake_machine *machine = g_new0(struct fake_machine, 1);
    machine->bus = el4_bus_new();
    machine->count = count;
    machine->next_table = TABLE_BASE;
    g_assert(el4_bus_add_ram(machine->bus, "ram", RAM_BASE, RAM_BYTES, EL4_BUS_BOTH, NULL));
    for (unsigned i = 0; i < count; i++) {
        machine->cpus[i] = make_cpu(machine, i);
    }
    return machine;
}

void fake_machine_free(struct fake_machine *machine)
{
    for (unsigned i = 0; i < machine->count; i++) {
        el4_mmu_free(machine->cpus[i]->mmu);
        el4_crosscall_queue_free(machine->cpus[i]->crosscalls);
        g_free(machine->cpus[i]);
    }
    el4_bus_free(machine->bus);
    g_free(machine);
}

static uint64_t new_table(struct fake_machine *machine, uint64_t bytes)
{
    machine->next_table = (machine->next_table + bytes - 1) & ~(bytes - 1);
    uint64_t table = machine->next_table;
    machine->next_table += bytes;
    g_assert(machine->next_table <= RAM_BASE + RAM_BYTES);
    return table;
}

void fake_tables_init(struct fake_tables *tables, struct fake_machine *machine,
                      unsigned page_bits, unsigned input_bits)
{
    unsigned stride = page_bits - 3;
    *tables = (struct fake_tables){
        .machine = machine,
        .page_bits = page_bits,
        .input_bits = input_bits,
        .start_level = 4 - (input_bits - page_bits + stride - 1) / stride,
        .root = new_table(machine, (uint64_t)16 << page_bits), /* room to concatenate */
    };
}

uint64_t fake_tables_set(struct fake_tables *tables, uint64_t va, unsigned level,
                         uint64_t descriptor)
{
    unsigned stride = tables->page_bits - 3;
    uint64_t table = tables->root;
    uint64_t mask = (UINT64_C(1) << tables->input_bits) - 1;
    for (unsigned at = tables->start_level;; at++) {
        unsigned low = tables->page_bits + (3 - at) * stride;
        uint64_t entry = table + ((va & mask) >> low) * 8;
        if (at == level) {
            fake_poke(tables->machine, entry, descriptor);
            return entry;
        }
        uint64_t next = fake_peek(tables->machine, entry);
        if (!(next & 1)) {
            next = new_table(tables->machine, (uint64_t)1 << tables->page_bits) | 3 |
                   tables->table_attributes;
            fake_poke(tables->machine, entry, next);
        }
        table = next & 0xfffffffff000 & ~(((uint64_t)1 << tables->page_bits) - 1);
        mask = (UINT64_C(1) << low) - 1;
    }
}

/* The cpu is an AArch64 one but where a test makes its features say otherwise. */
bool el4_cpu_el_is_a32(const struct el4_cpu *cpu, unsigned el)
{
    return el && !cpu->features.aarch64;
}

unsigned el4_a32_short_status(unsigned status)
{
    return status;
}

static const struct el4_bus_attrs loader = {.cpu = -1};

uint64_t fake_peek(struct fake_machine *machine, uint64_t pa)
{
    uint64_t value = 0;
    g_assert(el4_bus_read(machine->bus, pa, 8, &value, &loader) == EL4_BUS_OK);
    return value;
}

void fake_poke(struct fake_machine *machine, uint64_t pa, uint64_t value)
{
    g_assert(el4_bus_write(machine->bus, pa, 8, value, &loader) == EL4_BUS_OK);
}
