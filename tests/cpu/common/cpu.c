/* SPDX-License-Identifier: MIT */
/*
 * Runtime of the guests of tests/cpu: exceptions, levels, other CPUs. Translation tables are
 * in mmu.c, interrupts in gic.c.
 */
#include "cpu.h"

#define RETURN_CALL 0x4e0u

void resume_upper(uint64_t sp, uint64_t result) __attribute__((noreturn));
void prepare_lower(uint64_t spsr, uint64_t function, uint64_t sp);
void cpu_start(uint64_t cpu);
extern char lower_by_svc[], lower_by_hvc[], lower_by_smc[];

struct cpu {
    struct note note;
    uint64_t resume[4]; /* by level: stack pointer of run_lower() */
    uint64_t recover;   /* where a fault of try_...() goes */
    uint64_t (*volatile work)(uint64_t);
    volatile uint64_t argument, result, posted, done;
    char padding[64];
};

bool (*volatile exception_hook)(struct frame *frame);
static struct cpu cpus[CPUS_MAX];

/* ---- exceptions ---- */

unsigned this_cpu(void)
{
    switch (current_level()) {
    case 3: return (unsigned)read_reg(tpidr_el3);
    case 2: return (unsigned)read_reg(tpidr_el2);
    default: return (unsigned)read_reg(tpidr_el1);
    }
}

struct note *note_of(unsigned cpu)
{
    return &cpus[cpu].note;
}

struct note *note(void)
{
    return note_of(this_cpu());
}

static bool ends_lower(const struct frame *frame)
{
    unsigned class = CLASS(frame->esr);
    bool call = class == 0x15 || class == 0x16 || class == 0x17;
    return (frame->kind & 3) == 0 && frame->kind >= 8 && call &&
           (frame->esr & 0xffff) == RETURN_CALL;
}

static void acknowledge(struct note *at, uint64_t kind)
{
    at->intid = SPURIOUS;
    if ((kind & 3) == 1) {
        at->intid = read_reg(S3_0_C12_C12_0); /* ICC_IAR1_EL1 */
        if (at->intid < 1020) {
            write_reg(S3_0_C12_C12_1, at->intid);
        }
    } else if ((kind & 3) == 2) {
        at->intid = read_reg(S3_0_C12_C8_0); /* ICC_IAR0_EL1 */
        if (at->intid < 1020) {
            write_reg(S3_0_C12_C8_1, at->intid);
        }
    }
}

void exception(struct frame *frame)
{
    struct cpu *cpu = &cpus[this_cpu()];
    struct note *at = &cpu->note;
    unsigned class = CLASS(frame->esr);
    bool sync = (frame->kind & 3) == 0;

    if (ends_lower(frame) && cpu->resume[frame->level]) {
        uint64_t sp = cpu->resume[frame->level];
        cpu->resume[frame->level] = 0;
        resume_upper(sp, frame->x[0]);
    }
    at->elr = frame->elr;
    at->spsr = frame->spsr;
    at->esr = frame->esr;
    at->far = frame->far;
    at->kind = frame->kind;
    at->level = frame->level;
    at->hpfar = frame->level == 2 ? read_reg(hpfar_el2) : 0;
    at->count++;
    if (at->count > 4000000) {
        give_up("exceptions without end");
    }
    if (exception_hook && exception_hook(frame)) {
        return;
    }
    if (!sync) {
        acknowledge(at, frame->kind);
        return;
    }
    if (class == 0x15 || class == 0x16 || (class == 0x17 && frame->level == 3)) {
        return; /* a call: ELR is the next instruction, but for SMC trapped to EL2 */
    }
    if (cpu->recover) {
        frame->elr = cpu->recover;
        frame->x[0] = FAULTED;
        cpu->recover = 0;
        return;
    }
    if (class == 0xd) {
        frame->spsr &= ~(3ull << 10); /* BTYPE */
        frame->elr = frame->x[30];
        return;
    }
    if (class == 0x20 || class == 0x21 || class == 0x22) {
        frame->elr = frame->x[30]; /* nothing to step over: back to the caller */
        return;
    }
    frame->elr += 4;
}

/* In asm, so that nothing but the one access may fault, and x0 holds what comes of it. */
#define TRY(name, instruction)                                                                 \
    uint64_t name##_asm(uint64_t va, uint64_t value, uint64_t * recover);                      \
    __asm__(".text\n" #name "_asm:\n"                                                          \
            "stp x29, x30, [sp, #-32]!\n"                                                      \
            "str x2, [sp, #16]\n"                                                              \
            "adr x3, 1f\n"                                                                     \
            "str x3, [x2]\n" instruction "\n"                                                  \
            "1: ldr x2, [sp, #16]\n"                                                           \
            "str xzr, [x2]\n"                                                                  \
            "ldp x29, x30, [sp], #32\n"                                                        \
            "ret\n")

TRY(try_read, "ldr x0, [x0]");
TRY(try_write, "str x1, [x0]\nmov x0, #0");
TRY(try_call, "blr x0");

uint64_t try_read(uint64_t va)
{
    return try_read_asm(va, 0, &cpus[this_cpu()].recover);
}

uint64_t try_write(uint64_t va, uint64_t value)
{
    return try_write_asm(va, value, &cpus[this_cpu()].recover);
}

uint64_t try_call(uint64_t va)
{
    return try_call_asm(va, 0, &cpus[this_cpu()].recover);
}

/* ---- levels ---- */

static uint64_t stack_top(uint64_t cpu, uint64_t level)
{
    return (uint64_t)stacks + ((4 * cpu + level + 1) << STACK_SHIFT);
}

/* For run_lower(): all that ERET needs but x0 and x1. */
void prepare_lower(uint64_t spsr, uint64_t function, uint64_t sp)
{
    struct cpu *cpu = &cpus[this_cpu()];
    unsigned el = current_level();
    unsigned number = this_cpu();
    unsigned target = spsr >> 2 & 3;
    uint64_t begin = (uint64_t)(target == 0 ? lower_by_svc
                                : el == 3   ? lower_by_smc
                                            : lower_by_hvc);
    uint64_t user_sp = stack_top(number, 0);
    cpu->resume[el] = sp;
    if (target == 0 && function >= 0xc0000000) {
        begin = user(begin);
        user_sp = user(user_sp);
    }
    write_reg(sp_el0, user_sp);
    if (el >= 2) {
        write_reg(sp_el1, stack_top(number, 1));
    }
    if (el == 3) {
        write_reg(sp_el2, stack_top(number, 2));
        write_reg(spsr_el3, spsr);
        write_reg(elr_el3, begin);
    } else if (el == 2) {
        write_reg(spsr_el2, spsr);
        write_reg(elr_el2, begin);
    } else {
        write_reg(spsr_el1, spsr);
        write_reg(elr_el1, begin);
    }
}

uint64_t at_el1(uint64_t (*function)(uint64_t), uint64_t argument)
{
    write_reg(scr_el3, (read_reg(scr_el3) & (SCR_IRQ | SCR_FIQ | SCR_EA)) | SCR_BASE | SCR_NS);
    write_reg(hcr_el2, read_reg(hcr_el2) | HCR_RW);
    return run_lower(SPSR_EL1, function, argument);
}

uint64_t at_el2(uint64_t (*function)(uint64_t), uint64_t argument)
{
    write_reg(scr_el3, (read_reg(scr_el3) & (SCR_IRQ | SCR_FIQ | SCR_EA)) | SCR_BASE | SCR_NS);
    write_reg(hcr_el2, read_reg(hcr_el2) | HCR_RW);
    return run_lower(SPSR_EL2, function, argument);
}

/* ---- CPUs and time ---- */

static void set_up_levels(void)
{
    write_reg(scr_el3, SCR_BASE | SCR_NS);
    set_up_el2();
    write_reg(cptr_el2, 0x33ff & ~(1u << 10));
    write_reg(mdcr_el3, 0);
    write_reg(mdcr_el2, read_reg(pmcr_el0) >> 11 & 31); /* HPMN: all counters */
    write_reg(sctlr_el1, SCTLR_RES1);
    write_reg(sctlr_el2, 0x30c50830);
    write_reg(sctlr_el3, 0x30c50830);
    write_reg(cpacr_el1, 3u << 20);
    write_reg(oslar_el1, 0);
}

void cpu_start(uint64_t number)
{
    struct cpu *cpu = &cpus[number];
    set_up_levels();
    if (number == 0) {
        console_start();
        test_main();
        finish();
    }
    uint64_t seen = 0;
    for (;;) {
        if (__atomic_load_n(&cpu->posted, __ATOMIC_ACQUIRE) != seen) {
            seen++;
            cpu->result = cpu->work(cpu->argument);
            __atomic_store_n(&cpu->done, seen, __ATOMIC_RELEASE);
            __asm__ volatile("dsb sy\n\tsev");
        } else {
            __asm__ volatile("wfe");
        }
    }
}

void start_on(unsigned number, uint64_t (*function)(uint64_t), uint64_t argument)
{
    struct cpu *cpu = &cpus[number];
    cpu->work = function;
    cpu->argument = argument;
    __atomic_store_n(&cpu->posted, cpu->posted + 1, __ATOMIC_RELEASE);
    __asm__ volatile("dsb sy\n\tsev");
}

uint64_t result_of(unsigned number)
{
    struct cpu *cpu = &cpus[number];
    uint64_t end = counter() + microseconds(20000000);
    while (__atomic_load_n(&cpu->done, __ATOMIC_ACQUIRE) != cpu->posted) {
        if (counter() > end) {
            give_up("a CPU does not come back");
        }
        __asm__ volatile("wfe");
    }
    return cpu->result;
}

/* ---- code made at run time ---- */

void put32(uint64_t va, uint32_t insn)
{
    *(volatile uint32_t *)va = insn;
}

void put_function(uint64_t va, unsigned imm)
{
    put32(va, insn_movz_x0(imm));
    put32(va + 4, INSN_RET);
}

void sync_code(uint64_t va)
{
    __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(va)
                     : "memory");
}

uint64_t call_code(uint64_t va)
{
    return ((uint64_t(*)(void))va)();
}
