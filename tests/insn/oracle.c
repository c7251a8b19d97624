/* SPDX-License-Identifier: MIT */
/*
 * Runs instruction test cases as a user program, under `qemu-aarch64 -cpu max` or on a real
 * Arm machine: the oracle that el4 is compared with. Usage: oracle CASES RESULTS.
 *
 * A case is entered by returning from a signal handler whose frame holds the case's registers,
 * and left by a BRK (or the instruction's own fault), whose frame holds the results. So there
 * is no assembly here but the first BRK.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case.h"

#define FPSIMD_RECORD 0x46508001u

struct fpsimd_record {
    uint32_t magic;
    uint32_t size;
    uint32_t fpsr;
    uint32_t fpcr;
    uint64_t v[32][2];
};

/* A signal handler can be told of its work in no other way. */
static struct {
    const struct insn_case *cases;
    struct insn_result *results;
    uint32_t count;
    uint32_t next;
    ucontext_t *home; /* a copy of the first frame */
} run;

static void die(const char *text)
{
    fprintf(stderr, "oracle: %s\n", text);
    exit(2);
}

static struct fpsimd_record *find_fpsimd(ucontext_t *context)
{
    uint8_t *at = (uint8_t *)context->uc_mcontext.__reserved;
    struct fpsimd_record *record = (struct fpsimd_record *)at;
    if (record->magic != FPSIMD_RECORD) {
        die("the signal frame does not begin with an FPSIMD record");
    }
    return record;
}

static void save(struct insn_result *result, ucontext_t *context, int number)
{
    const mcontext_t *m = &context->uc_mcontext;
    const struct fpsimd_record *fpsimd = find_fpsimd(context);
    struct insn_state *after = &result->after;

    switch (number) {
    case SIGTRAP: result->outcome = INSN_DONE; break;
    case SIGILL: result->outcome = INSN_UNDEFINED; break;
    case SIGSEGV: result->outcome = INSN_FAULT; break;
    case SIGBUS: result->outcome = INSN_ALIGNMENT; break;
    default: result->outcome = INSN_OTHER; break;
    }
    result->detail = (uint32_t)number;
    memcpy(after->x, m->regs, sizeof(after->x));
    after->sp = m->sp;
    after->pc = m->pc;
    after->nzcv = m->pstate & 0xf0000000u;
    after->fpcr = fpsimd->fpcr;
    after->fpsr = fpsimd->fpsr;
    memcpy(after->v, fpsimd->v, sizeof(after->v));
    memcpy(after->window, (const void *)INSN_WINDOW, INSN_WINDOW_BYTES);
}

static void load(const struct insn_case *c, uint32_t number, ucontext_t *context)
{
    mcontext_t *m = &context->uc_mcontext;
    struct fpsimd_record *fpsimd = find_fpsimd(context);
    const struct insn_state *before = &c->before;

    memcpy(m->regs, before->x, sizeof(before->x));
    m->sp = before->sp;
    m->pc = insn_start_address(c, number);
    m->pstate = before->nzcv;
    fpsimd->fpcr = (uint32_t)before->fpcr;
    fpsimd->fpsr = (uint32_t)before->fpsr;
    memcpy(fpsimd->v, before->v, sizeof(before->v));
    /* End of records: an SVE one would overwrite the vectors. */
    memset((uint8_t *)fpsimd + fpsimd->size, 0, 8);
    memcpy((void *)INSN_WINDOW, before->window, INSN_WINDOW_BYTES);
}

/* Write the code of one filling of the slots. */
static void write_slots(uint32_t first)
{
    uint32_t end = run.count - first < INSN_SLOT_COUNT ? run.count : first + INSN_SLOT_COUNT;
    for (uint32_t i = first; i < end; i++) {
        volatile uint32_t *slot = (volatile uint32_t *)insn_slot_address(i);
        slot[0] = run.cases[i].prefix ? run.cases[i].prefix : INSN_BRK;
        slot[1] = run.cases[i].insn;
    }
    __builtin___clear_cache((char *)INSN_CODE, (char *)INSN_CODE + INSN_CODE_BYTES);
}

static void handler(int number, siginfo_t *info, void *data)
{
    ucontext_t *context = data;
    (void)info;

    if (!run.home) { /* the BRK in run_all() */
        if (number != SIGTRAP) {
            die("fault outside a case");
        }
        run.home = malloc(sizeof(*run.home));
        *run.home = *context;
    } else {
        save(&run.results[run.next++], context, number);
    }
    if (run.next == run.count) {
        struct fpsimd_record *fpsimd = find_fpsimd(context);
        context->uc_mcontext = run.home->uc_mcontext;
        context->uc_mcontext.pc += 4;
        memset((uint8_t *)fpsimd + fpsimd->size, 0, 8);
        return;
    }
    if (run.next % INSN_SLOT_COUNT == 0) {
        write_slots(run.next);
    }
    load(&run.cases[run.next], run.next, context);
}

static void run_all(void)
{
    static const int signals[] = {SIGTRAP, SIGILL, SIGSEGV, SIGBUS, SIGFPE};
    stack_t stack = {.ss_size = 1 << 18};
    stack.ss_sp = malloc(stack.ss_size);
    if (!stack.ss_sp || sigaltstack(&stack, NULL) < 0) {
        die("no signal stack");
    }
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sigaction(signals[i], &action, NULL);
    }
    __asm__ volatile("brk #0" ::: "memory");
}

static void make_region(void)
{
    void *region =
        mmap((void *)INSN_REGION, INSN_REGION_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (region != (void *)INSN_REGION) {
        die("the region's addresses are taken");
    }
    uint32_t *code = (uint32_t *)INSN_CODE;
    for (unsigned i = 0; i < INSN_CODE_BYTES / 4; i++) {
        code[i] = INSN_BRK;
    }
}

/* pauth_keys were worked out from the emulator's random seed: are they the ones? */
static void check_random(const struct insn_header *header)
{
    const void *random = (const void *)getauxval(AT_RANDOM);
    if (random && memcmp(random, header->at_random, sizeof(header->at_random)) != 0) {
        fprintf(stderr, "oracle: AT_RANDOM is not what the seed says: PAuth will differ\n");
    }
}

int main(int argc, char **argv)
{
    struct stat status;
    int in = argc == 3 ? open(argv[1], O_RDONLY) : -1;
    if (in < 0 || fstat(in, &status) < 0) {
        die("usage: oracle CASES RESULTS");
    }
    const struct insn_header *header =
        mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, in, 0);
    if (header == MAP_FAILED || header->magic != INSN_MAGIC_CASES ||
        header->record_bytes != sizeof(struct insn_case) ||
        (uint64_t)status.st_size !=
            sizeof(*header) + (uint64_t)header->count * header->record_bytes) {
        die("not a file of cases");
    }
    run.cases = (const struct insn_case *)(header + 1);
    run.count = header->count;
    run.results = calloc(run.count + 1, sizeof(*run.results));
    if (!run.results) {
        die("out of memory");
    }
    check_random(header);
    make_region();
    run_all();

    struct insn_header out = {.magic = INSN_MAGIC_RESULTS,
                              .count = run.count,
                              .record_bytes = sizeof(struct insn_result)};
    FILE *file = fopen(argv[2], "wb");
    if (!file || fwrite(&out, sizeof(out), 1, file) != 1 ||
        fwrite(run.results, sizeof(*run.results), run.count, file) != run.count ||
        fclose(file) != 0) {
        die("cannot write the results");
    }
    return 0;
}
