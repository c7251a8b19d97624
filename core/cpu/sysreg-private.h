/* SPDX-License-Identifier: MIT */
/* Access functions that the table names: sysreg-fields.c, sysreg-pstate.c, sysreg-system.c. */
#ifndef EL4_CPU_SYSREG_PRIVATE_H
#define EL4_CPU_SYSREG_PRIVATE_H

#include "cpu/sysreg.h"

/* clang-format off */
#define EL4_READERS(X)                                                                       \
    X(id) X(midr) X(mpidr) X(revidr) X(clidr) X(ccsidr) X(ctr) X(dczid) X(isr) X(rvbar)      \
    X(rmr) X(currentel) X(spsel) X(pan) X(uao) X(nzcv) X(daif) X(dit) X(ssbs) X(fpcr)        \
    X(fpsr) X(sp_el0) X(l2ctlr) X(rndr) X(oslsr) X(dbgauthstatus) X(claimset)                \
    X(claimclr) X(pmcr) X(pmcnten) X(pmovs) X(pminten) X(pmceid) X(pmccntr)                  \
    X(pmxevtyper) X(pmxevcntr) X(pmevcntr) X(pmevtyper) X(cntpct) X(cntvct) X(timer_ctl)     \
    X(timer_tval) X(timer_cval) X(vpidr) X(vmpidr)

#define EL4_WRITERS(X)                                                                       \
    X(nothing) X(sctlr) X(hcr) X(scr) X(cptr_el2) X(cntfrq) X(spsel) X(pan) X(uao)           \
    X(nzcv) X(daif) X(dit) X(ssbs) X(fpcr) X(fpsr) X(sp_el0) X(oslar) X(claimset)            \
    X(claimclr) X(pmcr) X(pmcntenset) X(pmcntenclr) X(pmovsset) X(pmovsclr)                  \
    X(pmintenset) X(pmintenclr) X(pmswinc) X(pmccntr) X(pmxevtyper) X(pmxevcntr)             \
    X(pmevcntr) X(pmevtyper) X(pmccfiltr) X(cntvoff) X(timer_ctl) X(timer_tval)              \
    X(timer_cval) X(mdcr) X(ic_all) X(ic_ivau) X(dc_va) X(dc_ivac) X(dc_zva) X(at)           \
    X(tlbi)
/* clang-format on */

#define X(name) uint64_t el4_sr_read_##name(struct el4_cpu *, const struct el4_sysreg *);
EL4_READERS(X)
#undef X
#define X(name) void el4_sr_write_##name(struct el4_cpu *, const struct el4_sysreg *, uint64_t);
EL4_WRITERS(X)
#undef X

#endif
