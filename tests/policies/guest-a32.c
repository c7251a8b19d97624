/* SPDX-License-Identifier: MIT */
/* Runtime of the AArch32 guests. */
#include "guest-a32.h"

#define PATTERN(n) (0xa5c0de00u + (n))

/* Of runtime-a32.S, by the names of enum how. */
#define WAYS(X)                                                                                \
    X(SMC, call_smc)                                                                           \
    X(SMC_1, call_smc_1)                                                                       \
    X(SMC_T32, call_smc_t32)                                                                   \
    X(SMC_TRUE, call_smc_true)                                                                 \
    X(SMC_FALSE, call_smc_false)                                                               \
    X(SMC_IT_TRUE, call_smc_it_true)                                                           \
    X(SMC_IT_FALSE, call_smc_it_false)                                                         \
    X(SMC_USER, call_smc_user)                                                                 \
    X(SMC_T32_USER, call_smc_t32_user)                                                         \
    X(HVC, call_hvc)                                                                           \
    X(HVC_1, call_hvc_1)                                                                       \
    X(HVC_T32, call_hvc_t32)                                                                   \
    X(HVC_USER, call_hvc_user)                                                                 \
    X(HVC_T32_USER, call_hvc_t32_user)                                                         \
    X(READ_SCR, call_read_scr)                                                                 \
    X(EL4_HLT, call_hlt)                                                                       \
    X(EL4_HLT_T32, call_hlt_t32)                                                               \
    X(EL4_DOORBELL, call_doorbell)                                                             \
    X(EL4_SYSREG, call_sysreg)

#define DECLARE(how, function)                                                                 \
    void function(uint32_t *r);                                                                \
    extern const char function##_instruction[], function##_end[];
WAYS(DECLARE)
#undef DECLARE
void use_normal_vectors(void);
void use_monitor_vectors(void);
void guest_start(void);
uint32_t guest_exception(struct frame *frame, enum table table, enum vector vector,
                         uint32_t elr);

void (*exception_hook)(struct frame *frame, enum table table, uint32_t hsr);

/* Of guests that start no other CPU. */
__attribute__((weak)) void guest_secondary(uint32_t context, uint32_t cpsr)
{
}

static struct {
    uint32_t count;
    enum table table;
    enum vector vector;
    uint32_t hsr, lr;
} note;
static bool secure;

/* ---- calls ---- */

static const struct way {
    void (*call)(uint32_t *r);
    const char *instruction, *end;
} ways[] = {
#define ENTRY(how, function) [how] = {function, function##_instruction, function##_end},
    WAYS(ENTRY)
#undef ENTRY
};

/* What is being done; an exception of it goes on behind it. */
static const struct way *current_way;

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
    const struct way *outer = current_way;
    uint32_t before = note.count;
    for (unsigned n = 0; n < 13; n++) {
        outcome.r[n] = register_before(n, r0_to_r3, r9, r12);
    }
    current_way = &ways[how];
    current_way->call(outcome.r);
    current_way = outer;
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

/* elr: ELR_hyp. The result is where to go on. */
uint32_t guest_exception(struct frame *frame, enum table table, enum vector vector,
                         uint32_t elr)
{
    bool is_hyp = table == TABLE_HYP;
    note.count++;
    note.table = table;
    note.vector = vector;
    note.hsr = is_hyp ? read_hsr() : 0;
    note.lr = is_hyp ? elr : frame->lr;
    bool expected =
        vector == VECTOR_UNDEFINED || vector == VECTOR_CALL || vector == VECTOR_HYP_TRAP;
    if (!expected || !current_way) {
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
    return (uint32_t)current_way->end;
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

bool is_v8(void)
{
    uint32_t value;
    __asm__("mrc p15, 0, %0, c0, c2, 5" : "=r"(value));
    return value;
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
    finish();
}
