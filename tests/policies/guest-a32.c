/* SPDX-License-Identifier: MIT */
/*
 * Runtime of the AArch32 guests.
 */
#include "guest-a32.h"

#define PATTERN(n)        (0xa5c0de00u + (n))
#define SYS_WRITE0        0x04
#define SYS_EXIT_EXTENDED 0x20
#define APPLICATION_EXIT  0x20026
#define EC_HVC            0x12

void call_smc(uint32_t *r);
void call_smc_1(uint32_t *r);
void call_hvc(uint32_t *r);
void call_hvc_1(uint32_t *r);
void call_read_scr(uint32_t *r);
void call_doorbell(uint32_t *r);
void call_sysreg(uint32_t *r);
extern const char call_smc_instruction[], call_smc_1_instruction[], call_hvc_instruction[],
    call_hvc_1_instruction[], call_read_scr_instruction[], call_doorbell_instruction[],
    call_sysreg_instruction[];
uint32_t semihosting(uint32_t operation, const void *parameter);
void use_normal_vectors(void);
void use_monitor_vectors(void);
void guest_start(void);
uint32_t guest_exception(struct frame *frame, enum table table, enum vector vector,
                         uint32_t elr);
void *memset(void *to, int byte, size_t bytes);
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);

bool (*exception_hook)(struct frame *frame, enum table table, uint32_t hsr);

static struct {
    uint32_t count;
    enum table table;
    enum vector vector;
    uint32_t hsr, lr;
} note;
static bool secure;

/* The compiler calls these by itself. */
void *memset(void *to, int byte, size_t bytes)
{
    for (char *at = to; bytes--; at++) {
        *at = (char)byte;
        __asm__ volatile("" ::: "memory");
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    char *at = to;
    const char *source = from;
    while (bytes--) {
        *at++ = *source++;
        __asm__ volatile("" ::: "memory");
    }
    return to;
}

/* ---- output ---- */

void print(const char *text)
{
    semihosting(SYS_WRITE0, text);
}

void print_hex(uint32_t value)
{
    char text[] = "0x00000000";
    unsigned digits = 1;
    while (digits < 8 && value >> (4 * digits)) {
        digits++;
    }
    for (unsigned i = 0; i < digits; i++) {
        text[1 + digits - i] = "0123456789abcdef"[value >> (4 * i) & 15];
    }
    text[2 + digits] = 0;
    print(text);
}

void finish(uint32_t status)
{
    const uint32_t block[2] = {APPLICATION_EXIT, status};
    semihosting(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

void give_up(const char *why)
{
    print("guest gives up: ");
    print(why);
    print("\n");
    finish(3);
}

/* ---- calls ---- */

static const struct {
    void (*call)(uint32_t *r);
    const char *instruction;
} ways[] = {
    [SMC] = {call_smc, call_smc_instruction},
    [SMC_1] = {call_smc_1, call_smc_1_instruction},
    [HVC] = {call_hvc, call_hvc_instruction},
    [HVC_1] = {call_hvc_1, call_hvc_1_instruction},
    [READ_SCR] = {call_read_scr, call_read_scr_instruction},
    [EL4_DOORBELL] = {call_doorbell, call_doorbell_instruction},
    [EL4_SYSREG] = {call_sysreg, call_sysreg_instruction},
};

static uint32_t register_before(unsigned n, const uint32_t *r0_to_r3, uint32_t r9, uint32_t r12)
{
    if (n < 4) {
        return r0_to_r3[n];
    }
    return n == 9 && r9 ? r9 : n == 12 && r12 ? r12 : PATTERN(n);
}

struct outcome call(enum how how, const uint32_t *r0_to_r3, uint32_t r9, uint32_t r12)
{
    struct outcome outcome = {0};
    uint32_t before = note.count;
    for (unsigned n = 0; n < 13; n++) {
        outcome.r[n] = register_before(n, r0_to_r3, r9, r12);
    }
    ways[how].call(outcome.r);
    outcome.trapped = note.count != before;
    if (outcome.trapped) {
        outcome.table = note.table;
        outcome.vector = note.vector;
        outcome.hsr = note.hsr;
        outcome.return_offset = note.lr - (uint32_t)ways[how].instruction;
    }
    return outcome;
}

bool kept_registers(const struct outcome *outcome, const uint32_t *r0_to_r3, uint32_t r9,
                    uint32_t r12)
{
    for (unsigned n = 1; n < 13; n++) {
        if (outcome->r[n] != register_before(n, r0_to_r3, r9, r12)) {
            return false;
        }
    }
    return true;
}

/* ---- exceptions ---- */

static uint32_t read_hsr(void)
{
    uint32_t hsr;
    __asm__ volatile("mrc p15, 4, %0, c5, c2, 0" : "=r"(hsr));
    return hsr;
}

/* ELR_hyp of Hyp mode's, which the result replaces; the other modes have their LR in the frame.
 */
uint32_t guest_exception(struct frame *frame, enum table table, enum vector vector,
                         uint32_t elr)
{
    bool is_hyp = table == TABLE_HYP;
    note.count++;
    note.table = table;
    note.vector = vector;
    note.hsr = is_hyp ? read_hsr() : 0;
    note.lr = is_hyp ? elr : frame->lr;
    if (vector != VECTOR_UNDEFINED && vector != VECTOR_CALL && vector != VECTOR_HYP_TRAP) {
        print("exception table ");
        print_hex(table);
        print(" vector ");
        print_hex(vector);
        print(" lr ");
        print_hex(note.lr);
        print("\n");
        give_up("unexpected exception");
    }
    if (exception_hook) {
        exception_hook(frame, table, note.hsr);
    }
    /* UNDEFINED, or an SMC trapped to Hyp mode: ELR_hyp is the instruction. */
    return note.hsr >> 26 == EC_HVC ? elr : elr + 4;
}

/* ---- levels ---- */

static uint32_t id_pfr1(void)
{
    uint32_t value;
    __asm__("mrc p15, 0, %0, c0, c1, 1" : "=r"(value));
    return value;
}

bool has_security(void)
{
    return id_pfr1() >> 4 & 15;
}

bool has_virtualization(void)
{
    return id_pfr1() >> 12 & 15;
}

uint32_t current_mode(void)
{
    uint32_t cpsr;
    __asm__ volatile("mrs %0, cpsr" : "=r"(cpsr));
    return cpsr & 0x1f;
}

bool is_secure(void)
{
    return secure;
}

void write_hcr(uint32_t hcr)
{
    __asm__ volatile("mcr p15, 4, %0, c1, c1, 0\n\tisb" ::"r"(hcr));
}

void guest_start(void)
{
    static const uint32_t nothing[4];
    if (current_mode() != MODE_HYP) {
        /* SCR is the Secure world's alone. */
        secure = !call(READ_SCR, nothing, 0, 0).trapped;
        if (secure) {
            use_monitor_vectors();
        } else {
            use_normal_vectors();
        }
    }
    guest_main();
    finish(0);
}
