/* SPDX-License-Identifier: MIT */
/*
 * Small services side by side: vendor hypervisor calls, FF-A without partitions, errata
 * management; and what none of them has stays unknown.
 */
#include "guest.h"

static struct outcome ask(uint64_t id, uint64_t x1)
{
    return call(HVC, id, x1, 0, 0);
}

void guest_main(void)
{
    struct outcome uid = ask(0x8600ff01, 0);
    check_answer("vendor UID", uid, 0xb66fb428);
    check("its end", uid.x[3], 0x743a004d);
    check_answer("features: PTP", ask(0x86000000, 0), 3);
    uint64_t before = counter();
    struct outcome ptp = ask(0x86000001, 0);
    uint64_t count = ptp.x[2] << 32 | ptp.x[3], after = counter();
    uint64_t wall_s = (ptp.x[0] << 32 | ptp.x[1]) / 1000000000;
    check("PTP: the counter is now's", before <= count && count <= after, true);
    check("PTP: the wall clock is this century's", wall_s > 1500000000 && wall_s < 4102444800,
          true);
    check_answer("pKVM's MEMINFO is unknown", ask(0xc6000002, 0), NOT_SUPPORTED);

    check_answer("FFA_VERSION", ask(0x84000063, 0x10001), 0x10001);
    check_answer("FFA_ID_GET", ask(0x84000069, 0), 0x84000061);
    struct outcome refused = ask(0x84000068, 0);
    check_answer("FFA_PARTITION_INFO_GET is FFA_ERROR", refused, 0x84000060);
    check("NOT_SUPPORTED", refused.x[2], 0xffffffff);
    check_answer("0x84000078 is unknown", ask(0x84000078, 0), NOT_SUPPORTED);
    check_answer("PSCI_FEATURES knows no FF-A", ask(PSCI_FEATURES, 0x84000068), NOT_SUPPORTED);

    check_answer("EM_VERSION", ask(0x840000f0, 0), 0x10000);
    check_answer("EM_FEATURES", ask(0x840000f1, 0x840000f2), 0);
    check_answer("erratum 843419", ask(0x840000f2, 843419), 1);
    check_answer("an unknown one", ask(0x840000f2, 1), (uint64_t)-3);
    check_answer("0x840000f3 is unknown", ask(0x840000f3, 0), NOT_SUPPORTED);
}
