/* SPDX-License-Identifier: MIT */
/*
 * Software delegated exceptions (Arm DEN0054): handlers really interrupt what runs, on this CPU
 * and on another one that sleeps, with interrupts masked; what they interrupted goes on
 * unharmed; an interrupt that is bound to an event comes as one.
 */
#include "guest.h"

#define FUNCTION(n)  (0xc4000020u + (n))
#define VERSION      FUNCTION(0)
#define REGISTER     FUNCTION(1)
#define ENABLE       FUNCTION(2)
#define DISABLE      FUNCTION(3)
#define CONTEXT      FUNCTION(4)
#define COMPLETE     FUNCTION(5)
#define UNREGISTER   FUNCTION(7)
#define STATUS       FUNCTION(8)
#define GET_INFO     FUNCTION(9)
#define PE_MASK      FUNCTION(11)
#define PE_UNMASK    FUNCTION(12)
#define BIND         FUNCTION(13)
#define RELEASE      FUNCTION(14)
#define SIGNAL       FUNCTION(15)
#define FEATURES     FUNCTION(16)
#define SHARED_RESET FUNCTION(18)
#define PENDING      ((uint64_t)-5)

#define UART           0x09000000ul
#define UART_INTERRUPT 33
#define UART_IMSC      (*(volatile uint32_t *)(UART + 0x38))
#define UART_ICR       (*(volatile uint32_t *)(UART + 0x44))
#define UART_TX        0x20u

/* What the handler found, and what it shall do. */
struct notes {
    uint64_t count, event, argument, pc, pstate, daif, level, sp_selected, status;
    uint64_t x5, x18;
};
struct notes notes[CPUS_MAX];
uint64_t handler(uint64_t *x, uint64_t cpu);
uint64_t spin_registers(volatile uint64_t *flag, uint64_t *registers);
void sdei_entry(void);
void resumed_here(void);
static volatile bool unregister_in_handler, resume_elsewhere;
static volatile uint64_t resumed;

/*
 * x0 to x17 are the handler's to change, which it does. The conduit depends on the level. The
 * last spins with patterns in x1 to x17 and x19 until *flag is set, then tells what they are.
 */
__asm__(".text\n"
        ".global sdei_entry\n"
        "sdei_entry:\n"
        "   sub sp, sp, #64\n"
        "   stp x0, x1, [sp]\n"
        "   stp x2, x3, [sp, #16]\n"
        "   stp x29, x30, [sp, #32]\n"
        "   stp x5, x18, [sp, #48]\n"
        "   mov x0, sp\n"
        "   mrs x1, mpidr_el1\n"
        "   and x1, x1, #0xff\n"
        "   bl handler\n"
        "   mov x9, x0\n"
        "   ldp x29, x30, [sp, #32]\n"
        "   add sp, sp, #64\n"
        "   movz x0, #0xc400, lsl #16\n"
        "   movk x0, #0x25\n"
        "   mov x1, #0\n"
        "   cbz x9, 1f\n"
        "   mov x1, x9\n"
        "   movk x0, #0x26\n"
        "1: mrs x9, CurrentEL\n"
        "   cmp x9, #8\n"
        "   b.eq 2f\n"
        "   hvc #0\n"
        "2: smc #0\n"
        ".global resumed_here\n"
        "resumed_here:\n" /* as an exception handler: back with ERET */
        "   stp x0, x1, [sp, #-16]!\n"
        "   adrp x0, resumed\n"
        "   add x0, x0, :lo12:resumed\n"
        "   mov x1, #1\n"
        "   str x1, [x0]\n"
        "   ldp x0, x1, [sp], #16\n"
        "   eret\n"
        ".global spin_registers\n"
        "spin_registers:\n"
        "   stp x19, x20, [sp, #-16]!\n"
        "   mov x19, #0x1919\n"
        "   mov x20, x1\n"
        "   mov x2, #2\n   mov x3, #3\n   mov x4, #4\n   mov x5, #5\n   mov x6, #6\n"
        "   mov x7, #7\n   mov x8, #8\n   mov x9, #9\n   mov x10, #10\n  mov x11, #11\n"
        "   mov x12, #12\n mov x13, #13\n mov x14, #14\n mov x15, #15\n mov x16, #16\n"
        "   mov x17, #17\n"
        "   cmp x2, #3\n" /* N */
        "3: ldr x1, [x0]\n"
        "   cbz x1, 3b\n"
        "   mov x1, #1\n"
        "   stp x1, x2, [x20, #8]\n   stp x3, x4, [x20, #24]\n   stp x5, x6, [x20, #40]\n"
        "   stp x7, x8, [x20, #56]\n  stp x9, x10, [x20, #72]\n  stp x11, x12, [x20, #88]\n"
        "   stp x13, x14, [x20, #104]\n stp x15, x16, [x20, #120]\n str x17, [x20, #136]\n"
        "   str x19, [x20, #152]\n"
        "   cset x0, mi\n"
        "   ldp x19, x20, [sp], #16\n"
        "   ret\n");

static struct outcome sdei(uint64_t id, uint64_t x1, uint64_t x2, uint64_t x3)
{
    return call(by, id, x1, x2, x3);
}

static struct outcome enroll(uint64_t event, uint64_t argument)
{
    return sdei(REGISTER, event, (uint64_t)sdei_entry, argument); /* x4 is the flags */
}

uint64_t handler(uint64_t *x, uint64_t cpu)
{
    struct notes *note = &notes[cpu];
    uint64_t daif, select;
    __asm__ volatile("mrs %0, daif" : "=r"(daif));
    __asm__ volatile("mrs %0, SPSel" : "=r"(select));
    note->event = x[0];
    note->argument = x[1];
    note->pc = x[2];
    note->pstate = x[3];
    note->x5 = x[6];
    note->daif = daif;
    note->sp_selected = select;
    note->level = current_level();
    note->status = sdei(STATUS, x[0], 0, 0).x[0];
    if (x[0]) {
        UART_IMSC = 0;
    }
    if (unregister_in_handler) {
        note->status = sdei(UNREGISTER, x[0], 0, 0).x[0];
    }
    note->count++;
    if (resume_elsewhere) {
        resume_elsewhere = false;
        return (uint64_t)resumed_here;
    }
    return 0;
}

static void discovery(void)
{
    check_answer("VERSION", sdei(VERSION, 0, 0, 0), 1ull << 48);
    check_answer("FEATURES(bind slots)", sdei(FEATURES, 0, 0, 0), 4 << 16);
    check_answer("FEATURES(9)", sdei(FEATURES, 9, 0, 0), INVALID_PARAMETERS);
    check_answer("0xc4000033 is unknown", sdei(FUNCTION(19), 0, 0, 0), NOT_SUPPORTED);
    check_answer("0x84000020 is unknown", sdei(0x84000020, 0, 0, 0), NOT_SUPPORTED);
    check_answer("COMPLETE without a handler", sdei(COMPLETE, 0, 0, 0), DENIED);
    check_answer("CONTEXT without a handler", sdei(CONTEXT, 0, 0, 0), DENIED);
    check_answer("ENABLE before REGISTER", sdei(ENABLE, 0, 0, 0), DENIED);
    check_answer("STATUS of event 5", sdei(STATUS, 5, 0, 0), INVALID_PARAMETERS);
    check_answer("PE_MASK: it was masked", sdei(PE_MASK, 0, 0, 0), 0);
}

/* REGISTER has five arguments, call() sets three: the pattern in x4 is no flag. */
static struct outcome enroll_with_flags(uint64_t event, uint64_t argument)
{
    register uint64_t x0 __asm__("x0") = REGISTER;
    register uint64_t x1 __asm__("x1") = event;
    register uint64_t x2 __asm__("x2") = (uint64_t)sdei_entry;
    register uint64_t x3 __asm__("x3") = argument;
    register uint64_t x4 __asm__("x4") = 0;
    register uint64_t x5 __asm__("x5") = 0;
    if (by == SMC) {
        __asm__ volatile("smc #0"
                         : "+r"(x0)
                         : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                         : "memory");
    } else {
        __asm__ volatile("hvc #0"
                         : "+r"(x0)
                         : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                         : "memory");
    }
    return (struct outcome){.x = {x0}};
}

static void event_0_here(void)
{
    struct notes *note = &notes[0];
    check_answer("REGISTER with bad flags", enroll(0, 0), INVALID_PARAMETERS);
    check_answer("REGISTER", enroll_with_flags(0, 0xabc), 0);
    check_answer("REGISTER again", enroll_with_flags(0, 0xabc), DENIED);
    check_answer("STATUS: registered", sdei(STATUS, 0, 0, 0), 1);
    check_answer("SIGNAL", sdei(SIGNAL, 0, 0, 0), 0);
    check_answer("ENABLE", sdei(ENABLE, 0, 0, 0), 0);
    check("masked: no handler yet", note->count, 0);
    check_answer("PE_UNMASK", sdei(PE_UNMASK, 0, 0, 0), 0);
    check("the handler ran", note->count, 1);
    check("x0: event", note->event, 0);
    check("x1: argument", note->argument, 0xabc);
    check("x3: PSTATE was at this level, SPx", note->pstate & 0xf, current_level() << 2 | 1);
    check("the rest as it was: x5", note->x5, 0xa5a50000c0de0005ull);
    check("at this level", note->level, current_level());
    check("with SPx", note->sp_selected, 1);
    check("all masked", note->daif, 0x3c0);
    check("STATUS there: registered, enabled, running", note->status, 7);
    check_answer("SIGNAL: x0 comes back", sdei(SIGNAL, 0, 0, 0), 0);
    check("again", note->count, 2);
    check_answer("SIGNAL event 1000", sdei(SIGNAL, 1000, 0, 0), INVALID_PARAMETERS);
    check_answer("SIGNAL to nobody", sdei(SIGNAL, 0, 77, 0), INVALID_PARAMETERS);
    check_answer("GET_INFO: private", sdei(GET_INFO, 0, 0, 0), 0);
    check_answer("GET_INFO: can be signalled", sdei(GET_INFO, 0, 1, 0), 1);
}

static void complete_and_resume(void)
{
    resume_elsewhere = true;
    check_answer("SIGNAL, and the handler resumes elsewhere", sdei(SIGNAL, 0, 0, 0), 0);
    check("it was there, and returned", resumed, 1);
}

static void unregister_while_running(void)
{
    unregister_in_handler = true;
    sdei(SIGNAL, 0, 0, 0);
    unregister_in_handler = false;
    check("UNREGISTER in the handler", notes[0].status, PENDING);
    check_answer("it is gone afterwards", sdei(STATUS, 0, 0, 0), 0);
    check_answer("and cannot be enabled", sdei(ENABLE, 0, 0, 0), DENIED);
}

static volatile uint64_t other_ready, other_flag, other_registers[20], other_minus, other_done,
    other_woke;

static void other_cpu(uint64_t context, uint64_t daif, uint64_t spsel)
{
    (void)context, (void)daif, (void)spsel;
    enroll_with_flags(0, 0xdef);
    sdei(ENABLE, 0, 0, 0);
    sdei(PE_UNMASK, 0, 0, 0);
    other_ready = 1;
    other_minus = spin_registers(&other_flag, (uint64_t *)other_registers);
    other_ready = 2;
    while (notes[1].count < 2) {
        __asm__ volatile("wfi");
    }
    other_woke = 1;
    psci(PSCI_CPU_OFF, 0, 0, 0);
}

static void event_0_elsewhere(void)
{
    secondary_hook = other_cpu;
    check("CPU_ON", (uint64_t)psci(PSCI_CPU_ON | SMC64, 1, (uint64_t)secondary_entry, 0), 0);
    check("the other CPU is ready", wait_for(&other_ready, 1), true);
    delay_us(1000);
    check_answer("SIGNAL to CPU 1, which spins", sdei(SIGNAL, 0, 1, 0), 0);
    check("its handler ran", wait_for(&notes[1].count, 1), true);
    check("with its argument", notes[1].argument, 0xdef);
    check("in its loop",
          notes[1].pc >= (uint64_t)spin_registers &&
              notes[1].pc < (uint64_t)spin_registers + 400,
          true);
    check("x5 there", notes[1].x5, 5);
    other_flag = 1;
    check("it goes on", wait_for(&other_ready, 2), true);
    bool same = other_registers[19] == 0x1919;
    for (unsigned i = 2; i <= 17; i++) {
        same &= other_registers[i] == i;
    }
    check("x2 to x17 and x19 are as they were", same, true);
    check("flags, too", other_minus, 1);
    delay_us(1000);
    check_answer("SIGNAL to CPU 1, which sleeps", sdei(SIGNAL, 0, 1, 0), 0);
    check("it woke", wait_for(&other_woke, 1), true);
}

static void bound_interrupt(void)
{
    struct notes *note = &notes[0];
    uint64_t before = note->count;
    check_answer("BIND of a private interrupt", sdei(BIND, 30, 0, 0), INVALID_PARAMETERS);
    struct outcome bound = sdei(BIND, UART_INTERRUPT, 0, 0);
    uint64_t event = bound.x[0];
    check("BIND gives an event", event >= 1 && event < 0x80000000, true);
    check_answer("BIND again gives the same", sdei(BIND, UART_INTERRUPT, 0, 0), event);
    check_answer("it is shared", sdei(GET_INFO, event, 0, 0), 1);
    check_answer("REGISTER", enroll_with_flags(event, 0x55), 0);
    check_answer("ENABLE", sdei(ENABLE, event, 0, 0), 0);
    check("nothing came yet", note->count, before);
    UART_IMSC = UART_TX; /* level: the transmitter has room */
    for (unsigned i = 0; i < 1000 && note->count == before; i++) {
        delay_us(10);
    }
    check("the interrupt came as the event", note->count, before + 1);
    check("its number", note->event, event);
    check("its argument", note->argument, 0x55);
    check_answer("RELEASE while registered", sdei(RELEASE, event, 0, 0), DENIED);
    check_answer("UNREGISTER", sdei(UNREGISTER, event, 0, 0), 0);
    check_answer("RELEASE", sdei(RELEASE, event, 0, 0), 0);
    check_answer("RELEASE again", sdei(RELEASE, event, 0, 0), INVALID_PARAMETERS);
    check_answer("SHARED_RESET", sdei(SHARED_RESET, 0, 0, 0), 0);
}

void guest_main(void)
{
    by = current_level() == 2 ? SMC : HVC;
    UART_IMSC = 0;
    UART_ICR = 0x7ff;
    discovery();
    event_0_here();
    complete_and_resume();
    unregister_while_running();
    event_0_elsewhere();
    bound_interrupt();
}
