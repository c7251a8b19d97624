/* SPDX-License-Identifier: MIT */
/*
 * The command line of a probe (wanted.h).
 */
#include "wanted.h"

#include "baremetal.h"

#define SYS_GET_CMDLINE 0x15

enum { LEVEL, INSTRUCTION, NAME, WORDS };

static char text[512];
static const char *words[WORDS]; /* all NULL: everything is wanted */

static bool is_same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* Cut the text into words; the last ones are kept. */
void read_wanted(void)
{
    uintptr_t block[2] = {(uintptr_t)text, sizeof(text)};
    unsigned count = 0;
    if (semihosting(SYS_GET_CMDLINE, block) != 0) {
        give_up("no command line");
    }
    for (char *at = text; *at;) {
        while (*at == ' ') {
            *at++ = 0;
        }
        if (*at) {
            words[LEVEL] = words[INSTRUCTION];
            words[INSTRUCTION] = words[NAME];
            words[NAME] = at;
            count++;
        }
        while (*at && *at != ' ') {
            at++;
        }
    }
    if (count < WORDS) {
        words[NAME] = NULL;
    }
}

bool is_wanted(const char *level, bool is_smc, const char *name)
{
    return !words[NAME] ||
           (is_same(level, words[LEVEL]) &&
            is_same(is_smc ? "smc" : "hvc", words[INSTRUCTION]) && is_same(name, words[NAME]));
}

void wanted_done(void)
{
    if (words[NAME]) {
        semihosting_exit(0);
    }
}
