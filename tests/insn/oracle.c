/* SPDX-License-Identifier: MIT */
/*
 * Runs instruction test cases as a user program, under `qemu-aarch64 -cpu max`, `qemu-arm
 * -cpu max` or on a real Arm machine: the oracle that el4 is compared with. Usage: oracle CASES
 * RESULTS.
 *
 * A case is entered by returning from a signal handler whose frame holds the case's registers,
 * and left by a breakpoint (or the instruction's own fault), whose frame holds the results. So
 * there is no assembly here but the first breakpoint.
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

/* state_save(), state_load(), state_go_on(), BREAKPOINT and ISA. */
#ifdef __aarch64__
#include "oracle-a64.h"
#else
#include "oracle-a32.h"
#endif

static void save(struct insn_result *result, ucontext_t *context, int number)
{
    switch (number) {
    case SIGTRAP: result->outcome = INSN_DONE; break;
    case SIGILL: result->outcome = INSN_UNDEFINED; break;
    case SIGSEGV: result->outcome = INSN_FAULT; break;
    case SIGBUS: result->outcome = INSN_ALIGNMENT; break;
    default: result->outcome = INSN_OTHER; break;
    }
    result->detail = (uint32_t)number;
    state_save(&result->after, context);
    memcpy(result->after.window, (const void *)(uintptr_t)INSN_WINDOW, INSN_WINDOW_BYTES);
}

static void load(const struct insn_case *c, ucontext_t *context)
{
    state_load(&c->before, context);
    memcpy((void *)(uintptr_t)INSN_WINDOW, c->before.window, INSN_WINDOW_BYTES);
}

/* Write the code of one filling of the slots. */
static void write_slots(uint32_t first)
{
    uint32_t end = run.count - first < INSN_SLOT_COUNT ? run.count : first + INSN_SLOT_COUNT;
    for (uint32_t i = first; i < end; i++) {
        memcpy((void *)(uintptr_t)insn_slot_address(i), run.cases[i].code, INSN_SLOT_BYTES);
    }
    char *code = (char *)(uintptr_t)INSN_CODE;
    __builtin___clear_cache(code, code + INSN_CODE_BYTES);
}

static void handler(int number, siginfo_t *info, void *data)
{
    ucontext_t *context = data;
    (void)info;

    if (!run.home) { /* the breakpoint in run_all() */
        if (number != SIGTRAP) {
            die("fault outside a case");
        }
        run.home = malloc(sizeof(*run.home));
        *run.home = *context;
    } else {
        save(&run.results[run.next++], context, number);
    }
    if (run.next == run.count) {
        context->uc_mcontext = run.home->uc_mcontext;
        state_go_on(context);
        return;
    }
    if (run.next % INSN_SLOT_COUNT == 0) {
        write_slots(run.next);
    }
    load(&run.cases[run.next], context);
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
    __asm__ volatile(BREAKPOINT ::: "memory");
}

static void make_region(const struct insn_header *header)
{
    void *start = (void *)(uintptr_t)INSN_REGION;
    void *region = mmap(start, INSN_REGION_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (region != start) {
        die("the region's addresses are taken");
    }
    uint32_t *code = (uint32_t *)(uintptr_t)INSN_CODE;
    for (unsigned i = 0; i < INSN_CODE_BYTES / 4; i++) {
        code[i] = header->fill[i * 4 >= INSN_LANDING_HIGH];
    }
}

/* pauth_keys were worked out from the emulator's random seed: are they the ones? */
static void check_random(const struct insn_header *header)
{
    const void *random = (const void *)getauxval(AT_RANDOM);
    if (header->isa == INSN_A64 && random &&
        memcmp(random, header->at_random, sizeof(header->at_random)) != 0) {
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
        header->record_bytes != sizeof(struct insn_case) || header->isa != ISA ||
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
    make_region(header);
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
