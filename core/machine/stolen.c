/* SPDX-License-Identifier: MIT */
/*
 * Time that a vCPU was ready to run and did not: with the real clock what its host thread
 * waited for a processor, as Linux counts it for each thread; with the virtual clock the turns
 * of the others (run.c).
 */
#include "machine/private.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void el4_machine_open_stolen(struct vcpu *vcpu)
{
    vcpu->schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
}

void el4_machine_close_stolen(struct vcpu *vcpu)
{
    if (vcpu->schedstat >= 0) {
        close(vcpu->schedstat);
        vcpu->schedstat = -1;
    }
}

/* The second number of schedstat: nanoseconds on a run queue without running. */
bool el4_machine_stolen_ns(struct vcpu *vcpu, uint64_t *ns)
{
    char text[96] = "";
    unsigned long long ran, waited;
    if (vcpu->machine->virtual_clock) {
        *ns = vcpu->stolen_ns;
        return true;
    }
    if (vcpu->schedstat < 0 || pread(vcpu->schedstat, text, sizeof(text) - 1, 0) <= 0 ||
        sscanf(text, "%llu %llu", &ran, &waited) != 2) {
        return false;
    }
    *ns = waited;
    return true;
}
