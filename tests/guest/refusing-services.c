/* SPDX-License-Identifier: MIT */
/*
 * Services that are there and refuse to work: OP-TEE, DRTM, i.MX's silicon provider calls. By
 * SMC they are there; by HVC the same calls reach a chain without them, and all are unknown.
 */
#include "guest.h"

#define BAD_ADDRESS 4
#define NOT_AVAIL   7
#define SRTC        0xc2000002u
#define SNVS        0x0d000000ul
#define SNVS_HIGH   (*(volatile uint32_t *)(SNVS + 0x50))
#define SNVS_LOW    (*(volatile uint32_t *)(SNVS + 0x54))

static const uint32_t ids[] = {
    0xbf00ff00, 0xbf00ff01, 0xbf00ff03, 0xb2000000, 0xb2000001, 0xb2000007,
    0xb2000009, 0xb200000a, 0xb2000010, 0xb2000011, 0x32000003, 0x32000004,
    0x32000012, 0x32000013, 0xc4000110, 0xc4000111, 0xc4000114, 0xc4000116,
    0xc2000002, 0xc2000003, 0xc2000005, 0xc2000006, 0xc2000007,
};

static struct outcome ask(uint64_t id, uint64_t x1)
{
    return call(SMC, id, x1, 0, 0);
}

static void optee(void)
{
    struct outcome uid = ask(0xbf00ff01, 0);
    check_answer("OP-TEE's API UID", uid, 0x384fb3e0);
    check("its end", uid.x[3], 0xa5d5c51b);
    check_answer("API revision 2", ask(0xbf00ff03, 0), 2);
    check_answer("OS UUID", ask(0xb2000000, 0), 0x486178e0);
    struct outcome revision = ask(0xb2000001, 0);
    check_answer("OS revision 4", revision, 4);
    check("minor 10", revision.x[1], 10);
    struct outcome exchange = ask(0xb2000009, 0);
    check_answer("EXCHANGE_CAPABILITIES: ENOTAVAIL", exchange, NOT_AVAIL);
    check("no capability", exchange.x[1], 0);
    struct outcome with_arg = call(SMC, 0x32000004, 0, 0x40200000, 0);
    check_answer("CALL_WITH_ARG: EBADADDR", with_arg, BAD_ADDRESS);
    check("nothing else changes", kept_registers(&with_arg, 0, 0x40200000, 0), true);
    check_answer("GET_THREAD_COUNT is unknown", ask(0xb200000f, 0), NOT_SUPPORTED);
}

static void drtm(void)
{
    check_answer("DRTM_VERSION", ask(0xc4000110, 0), 0x10000);
    check_answer("FEATURES(DYNAMIC_LAUNCH)", ask(0xc4000111, 0xc4000114), 0);
    check_answer("FEATURES(UNPROTECT_MEMORY)", ask(0xc4000111, 0xc4000113), NOT_SUPPORTED);
    check_answer("FEATURES(TPM)", ask(0xc4000111, 1ull << 63 | 1), NOT_SUPPORTED);
    struct outcome boot_pe = ask(0xc4000111, 1ull << 63 | 4);
    check_answer("FEATURES(boot PE)", boot_pe, 1);
    check("it is CPU 0", boot_pe.x[1], 0);
    check_answer("DYNAMIC_LAUNCH", ask(0xc4000114, 0x40200000), (uint64_t)-3);
    check_answer("UNPROTECT_MEMORY is unknown", ask(0xc4000113, 0), NOT_SUPPORTED);
}

static void imx_sip(void)
{
    check_answer("BUILDINFO: 'abc'", ask(0xc2000003, 0), 0x636261);
    check_answer("GET_SOC_INFO", ask(0xc2000006, 0), 0x21);
    check_answer("HAB authenticates nothing", ask(0xc2000007, 0), 0);
    check_answer("HAB status is failure", ask(0xc2000007, 4), 0x33);
    check_answer("DDR_DVFS is unknown", ask(0xc2000004, 0x10), NOT_SUPPORTED);
    /* 2001-09-09 01:46:40 */
    register uint64_t x4 __asm__("x4") = 46 << 16 | 40;
    register uint64_t x0 __asm__("x0") = SRTC;
    register uint64_t x1 __asm__("x1") = 0;
    register uint64_t x2 __asm__("x2") = 2001 << 16 | 9;
    register uint64_t x3 __asm__("x3") = 9 << 16 | 1;
    __asm__ volatile("smc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    check("SRTC set", x0, 0);
    uint64_t seconds = ((uint64_t)SNVS_HIGH << 32 | SNVS_LOW) >> 15;
    check("the SNVS tells that time", seconds - 1000000000 <= 60, true);
    check_answer("SRTC with no time at all", ask(SRTC, 0), 3);
}

static void absent(void)
{
    bool all_unknown = true;
    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct outcome outcome = call(HVC, ids[i], 0, 0, 0);
        all_unknown &= !outcome.trapped && outcome.x[0] == (uint64_t)NOT_SUPPORTED;
    }
    check("where they are absent, all are unknown", all_unknown, true);
}

void guest_main(void)
{
    optee();
    drtm();
    imx_sip();
    absent();
}
