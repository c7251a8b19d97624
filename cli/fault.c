/* SPDX-License-Identifier: MIT */
/*
 * Faults of el4 itself: the terminal goes back to how it was, and the exit status is the one
 * that is promised for this. What stands here is called from signal handlers, so it is the one
 * place of el4 with state of the process, written once before any handler can run.
 */
#include "cli.h"

#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct {
    bool known;
    struct termios state;
} terminal;

void cli_leave_at_once(const char *why)
{
    if (terminal.known && tcgetpgrp(STDIN_FILENO) == getpgrp()) {
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal.state);
    }
    /* What cannot be written here cannot be helped. */
    if (write(STDERR_FILENO, why, strlen(why)) < 0) {
        _exit(EL4_EXIT_INTERNAL);
    }
    _exit(EL4_EXIT_INTERNAL);
}

static void fault(int number)
{
    cli_leave_at_once(
        number == SIGABRT
            ? "el4: internal fault: el4 gave up; this is a bug, please report it\n"
            : "el4: internal fault: a memory access or instruction of el4's own "
              "failed; this is a bug, please report it\n");
}

void cli_catch_faults(void)
{
    terminal.known = tcgetattr(STDIN_FILENO, &terminal.state) == 0;
    signal(SIGABRT, fault);
#ifndef __SANITIZE_ADDRESS__ /* it has a better handler of its own */
    signal(SIGSEGV, fault);
    signal(SIGBUS, fault);
    signal(SIGILL, fault);
    signal(SIGFPE, fault);
#endif
}
