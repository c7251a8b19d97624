/* SPDX-License-Identifier: MIT */
/* What the probes print: every call, or a summary of those that were asked for. */
#include "report.h"

#define SYS_GET_CMDLINE 0x15
#define TEXT_BYTES      48

static const char *const levels[] = {"el0", "el1", "el1+tsc", "s-el1", "el2", "el3"};

/* What was asked for; NULL: everything. */
static const char *wanted_level;
static bool wanted_smc;

static struct {
    const struct probe_call *entry;
    char text[TEXT_BYTES];
} outcomes[2 * PROBE_CALLS];
static unsigned outcome_count, text_length;

/* ---- the command line ---- */

static bool is_same(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++) {
    }
    return *a == *b;
}

static void take_word(const char *word)
{
    for (unsigned i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (is_same(word, levels[i])) {
            wanted_level = levels[i];
        }
    }
    wanted_smc = wanted_smc || is_same(word, "smc");
}

void report_start(void)
{
    static char text[256];
    const uintptr_t block[2] = {(uintptr_t)text, sizeof(text)};
    if (semihosting(SYS_GET_CMDLINE, block) != 0) {
        return;
    }
    for (char *at = text; *at;) {
        char *word = at;
        while (*at && *at != ' ') {
            at++;
        }
        if (*at) {
            *at++ = 0;
        }
        take_word(word);
    }
}

bool report_wants(const char *level, bool is_smc)
{
    return !wanted_level || (is_same(level, wanted_level) && is_smc == wanted_smc);
}

/* ---- outcomes ---- */

void report_begin(const struct probe_call *entry)
{
    outcomes[outcome_count].entry = entry;
    text_length = 0;
}

void report(const char *text)
{
    char *to = outcomes[outcome_count].text;
    while (*text && text_length + 1 < TEXT_BYTES) {
        to[text_length++] = *text++;
    }
    to[text_length] = 0;
}

void report_hex(uint64_t value)
{
    char digits[19] = "0x";
    unsigned length = 2;
    for (unsigned shift = 64; shift;) {
        shift -= 4;
        unsigned digit = value >> shift & 15;
        if (digit || length > 2 || !shift) {
            digits[length++] = "0123456789abcdef"[digit];
        }
    }
    digits[length] = 0;
    report(digits);
}

void report_end(const char *level, bool is_smc)
{
    if (wanted_level) {
        outcome_count++;
        return;
    }
    print(level);
    print(is_smc ? " smc " : " hvc ");
    print(outcomes[0].entry->name);
    print(": ");
    print(outcomes[0].text);
    print("\n");
}

/* ---- the summary ---- */

/* The first outcome of the group, if it is that of all; group NULL: of all but "false". */
static const char *common_outcome(const char *group)
{
    const char *common = NULL;
    for (unsigned i = 0; i < outcome_count; i++) {
        const char *its = outcomes[i].entry->group;
        if (group ? !is_same(its, group) : is_same(its, "false")) {
            continue;
        }
        if (common && !is_same(common, outcomes[i].text)) {
            return NULL;
        }
        common = outcomes[i].text;
    }
    return common;
}

static bool is_first_of_group(unsigned index)
{
    for (unsigned i = 0; i < index; i++) {
        if (is_same(outcomes[i].entry->group, outcomes[index].entry->group)) {
            return false;
        }
    }
    return true;
}

static void print_group(const char *group)
{
    const char *common = common_outcome(group);
    for (unsigned i = 0; i < outcome_count; i++) {
        if (!is_same(outcomes[i].entry->group, group)) {
            continue;
        }
        print(group);
        if (!common) {
            print(" ");
            print(outcomes[i].entry->name);
        }
        print(": ");
        print(outcomes[i].text);
        print("\n");
        if (common) {
            return;
        }
    }
}

void report_level(const char *level)
{
    if (!wanted_level || !is_same(level, wanted_level)) {
        return;
    }
    for (unsigned i = 0; i < outcome_count; i++) {
        if (is_first_of_group(i)) {
            print_group(outcomes[i].entry->group);
        }
    }
    const char *common = common_outcome(NULL);
    if (common) {
        print("all: ");
        print(common);
        print("\n");
    }
    print_number(outcome_count);
    print(wanted_smc ? " calls by smc from " : " calls by hvc from ");
    print(level);
    print("\n");
    semihosting_exit(0);
}
