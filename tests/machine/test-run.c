/* SPDX-License-Identifier: MIT */
/*
 * Running machines of test plugins with a few instructions of guest code: verdicts, power
 * states, resets, stops from other threads, two machines at once. All with the real and with
 * the virtual clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

/* ---- instructions ---- */

#define MOV(rd, value)    (0xd2800000u | (uint32_t)(value) << 5 | (rd)) /* 16 bits */
#define MOVK16(rd, value) (0xf2a00000u | (uint32_t)(value) << 5 | (rd)) /* bits 31:16 */
#define COPY(rd, rn)      (0xaa0003e0u | (uint32_t)(rn) << 16 | (rd))
#define ADR(rd, insns)    (0x10000000u | (uint32_t)(insns) << 5 | (rd))
#define LDR_W(rt, rn)     (0xb9400000u | (uint32_t)(rn) << 5 | (rt))
#define STR_W(rt, rn, at)                                                                      \
    (0xb9000000u | (uint32_t)((at) / 4) << 10 | (uint32_t)(rn) << 5 | (rt))
#define BRANCH(insns)        (0x14000000u | ((uint32_t)(insns)&0x3ffffffu))
#define CBZ(rt, insns)       (0xb4000000u | ((uint32_t)(insns)&0x7ffff) << 5 | (rt))
#define CBNZ(rt, insns)      (CBZ(rt, insns) | 1u << 24)
#define SUB_IMM(rd, rn, imm) (0xd1000000u | (uint32_t)(imm) << 10 | (uint32_t)(rn) << 5 | (rd))
#define ADD_IMM(rd, rn, imm) (SUB_IMM(rd, rn, imm) & ~(1u << 30))
#define MSR_VBAR(rt)         (0xd518c000u | (rt))
#define HVC                  0xd4000002u
#define WFI                  0xd503207fu
#define WFE                  0xd503205fu
#define NOP                  0xd503201fu

/* Functions of test-service. */
enum {
    REPORT,
    ON,
    OFF,
    SUSPEND,
    STANDBY,
    EVENT,
    OFF_AND_PASS,
    SAY_TRAP,
    SAY_NONSENSE,
    COUNT_RESETS,
    CLAIM_LATE,
    EVENT_AND_PASS,
    PEEK,
    POKE
};
#define CALL(n)    MOV(0, n), MOVK16(0, 0xc200), HVC
#define POWER_OFF  MOV(1, 0), CALL(EVENT)
#define RESET      MOV(1, 1), CALL(EVENT)
#define CRASH      MOV(1, 3), CALL(EVENT)
#define BAD_EVENT  MOV(1, 9), CALL(EVENT)
#define REPORT_X0  COPY(1, 0), CALL(REPORT)
#define DEVICE(rd) MOV(rd, 0), MOVK16(rd, 0x1000) /* address of dev0 */

/* ---- runs ---- */

struct stopper {
    struct el4_machine *machine;
    enum el4_exit status;
    gulong after_us;
};

static gpointer stop_later(gpointer data)
{
    const struct stopper *stopper = data;
    g_usleep(stopper->after_us);
    el4_machine_stop(stopper->machine, stopper->status);
    return NULL;
}

/* Run guest.bin; after_us 0: it ends by itself. The log is that of the run. */
static int run(const char *settings, gulong after_us, char **log)
{
    struct fixture fixture;
    GThread *thread = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strconcat(settings, "[boot]\nkernel = guest.bin\n", NULL);
    g_free(fixture_take_log());
    fixture_make(&fixture, text);
    if (!fixture.machine) {
        fail_msg("%s", fixture.message);
    }
    struct stopper stopper = {fixture.machine, EL4_EXIT_TIMEOUT, after_us};
    if (after_us) {
        thread = g_thread_new("stopper", stop_later, &stopper);
    }
    int status = (int)el4_machine_run(fixture.machine, &error);
    if (thread) {
        g_thread_join(thread);
    }
    if (error) {
        fail_msg("%s", error->message);
    }
    *log = fixture_take_log();
    fixture_free(&fixture);
    return status;
}

static const char *const clocks[] = {"clock = real\n", "clock = virtual\n"};

#define FOR_BOTH_CLOCKS(index) for (size_t index = 0; index < 2; index++)

/* With `cpus` CPUs and either clock: the status, and the log exactly. */
static void check_run(const uint32_t *words, size_t count, unsigned cpus, int status,
                      const char *expected)
{
    fixture_write_guest(words, count);
    FOR_BOTH_CLOCKS(i)
    {
        g_autofree char *log = NULL;
        g_autofree char *settings = g_strdup_printf("%scpus = %u\n", clocks[i], cpus);
        assert_int_equal(run(settings, 0, &log), status);
        assert_string_equal(log, expected);
    }
}

#define CHECK_RUN(cpus, status, log, ...)                                                      \
    check_run((const uint32_t[]){__VA_ARGS__},                                                 \
              sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), cpus, status, log)

static void test_events(void **state)
{
    CHECK_RUN(1, EL4_EXIT_OFF, "", POWER_OFF, BRANCH(0));
    CHECK_RUN(1, EL4_EXIT_GUEST, "", CRASH, BRANCH(0));
    CHECK_RUN(2, EL4_EXIT_OFF, "", BAD_EVENT, POWER_OFF, BRANCH(0));
}

static void test_verdicts(void **state)
{
    /* TRAP, PASS with nobody after it and what is no verdict: UNDEFINED, to VBAR_EL1 + 0x200.
     */
    static const unsigned calls[] = {SAY_TRAP, OFF_AND_PASS, SAY_NONSENSE};
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++) {
        uint32_t code[(0x800 + 0x200) / 4 + 16];
        for (size_t k = 0; k < G_N_ELEMENTS(code); k++) {
            code[k] = NOP;
        }
        const uint32_t start[] = {ADR(2, 0x800 / 4), MSR_VBAR(2),  CALL(calls[i]),
                                  MOV(1, 0xbad),     CALL(REPORT), POWER_OFF};
        const uint32_t vector[] = {MOV(1, 0x600d), CALL(REPORT), POWER_OFF, BRANCH(0)};
        memcpy(code, start, sizeof(start));
        memcpy(code + (0x800 + 0x200) / 4, vector, sizeof(vector));
        fixture_write_guest(code, G_N_ELEMENTS(code));
        FOR_BOTH_CLOCKS(c)
        {
            g_autofree char *log = NULL;
            assert_int_equal(run(clocks[c], 0, &log), EL4_EXIT_OFF);
            assert_non_null(strstr(log, "test-service: warning: cpu0 reports 0x600d\n"));
            assert_null(strstr(log, "0xbad"));
        }
    }
}

/* What a service asked for before it passed the call on is not the next one's doing. */
static void test_requests_of_a_service_that_passes(void **state)
{
    static const char two_services[] = "[chain hvc]\nservices = test-service, second\n"
                                       "[service second]\nplugin = test-service\n"
                                       "takes-all = yes\n[service test-service]\n";
    const uint32_t code[] = {CALL(OFF_AND_PASS),   CALL(REPORT), MOV(1, 0),
                             CALL(EVENT_AND_PASS), REPORT_X0,    MOV(1, 1),
                             CALL(EVENT_AND_PASS), POWER_OFF,    BRANCH(0)};
    fixture_write_guest(code, G_N_ELEMENTS(code));
    FOR_BOTH_CLOCKS(i)
    {
        g_autofree char *log = NULL;
        g_autofree char *settings = g_strconcat(clocks[i], two_services, NULL);
        assert_int_equal(run(settings, 0, &log), EL4_EXIT_OFF);
        assert_non_null(strstr(log, "test-service: warning: cpu0 reports 0xb\n"));
    }
}

static void test_claim_while_running(void **state)
{
    /* Each is refused; it is said once. */
    CHECK_RUN(1, EL4_EXIT_OFF,
              "test-service: error: a claim outside a service's create(): claims are frozen "
              "when the machine is made\n"
              "test-service: warning: cpu0 reports 0x0\n"
              "test-service: warning: cpu0 reports 0x0\n",
              CALL(CLAIM_LATE), REPORT_X0, CALL(CLAIM_LATE), REPORT_X0, POWER_OFF, BRANCH(0));
}

static void test_cpu_on(void **state)
{
    CHECK_RUN(2, EL4_EXIT_OFF, "test-service: warning: cpu1 reports 0x77\n",
              /* 0 */ MOV(1, 1), ADR(2, 6), CALL(ON), WFI, BRANCH(-1),
              /* 7: CPU 1 */ REPORT_X0, POWER_OFF, BRANCH(0));
}

static void test_cpu_on_errors(void **state)
{
    CHECK_RUN(2, EL4_EXIT_OFF,
              "test-service: warning: cpu0 reports 0xffffffffffffff8e\n" /* -EALREADY */
              "test-service: warning: cpu0 reports 0xffffffffffffffea\n" /* -EINVAL */,
              MOV(1, 0), CALL(ON), REPORT_X0, MOV(1, 7), CALL(ON), REPORT_X0, POWER_OFF,
              BRANCH(0));
}

/* Off, and on again by the other one: each of three lives of CPU 1 reports, a fourth ends it.
 */
static void test_off_and_on(void **state)
{
    CHECK_RUN(2, EL4_EXIT_OFF,
              "test-service: warning: cpu1 reports 0x77\n"
              "test-service: warning: cpu1 reports 0x77\n"
              "test-service: warning: cpu1 reports 0x77\n",
              /* 0: each start is tried until CPU 1 is off */
              MOV(7, 3), MOV(1, 1), ADR(2, 15), CALL(ON), CBNZ(0, -5), SUB_IMM(7, 7, 1),
              CBNZ(7, -7),
              /* 9 */ MOV(1, 1), ADR(2, 15), CALL(ON), CBNZ(0, -5), WFI, BRANCH(-1),
              /* 17: CPU 1 */ REPORT_X0, CALL(OFF), BRANCH(0),
              /* 25: its last life */ POWER_OFF, BRANCH(0));
}

/* ---- suspend ---- */

static void check_sleeps(const uint32_t *words, size_t count)
{
    fixture_write_guest(words, count);
    FOR_BOTH_CLOCKS(i)
    {
        g_autofree char *log = NULL;
        assert_int_equal(run(clocks[i], 200000, &log), EL4_EXIT_TIMEOUT);
        assert_string_equal(log, "");
    }
}

/* Without an interrupt it sleeps until the machine stops. */
static void test_suspend_sleeps(void **state)
{
    const uint32_t down[] = {ADR(1, 4), CALL(SUSPEND), REPORT_X0, BRANCH(0)};
    const uint32_t standby[] = {CALL(STANDBY), REPORT_X0, BRANCH(0)};
    check_sleeps(down, G_N_ELEMENTS(down));
    check_sleeps(standby, G_N_ELEMENTS(standby));
}

static void test_suspend_wakes(void **state)
{
    /* A write to offset 16 raises IRQ of CPU 0 a little later. */
    CHECK_RUN(1, EL4_EXIT_OFF,
              "test-service: warning: cpu0 woke\n"
              "test-service: warning: cpu0 reports 0x77\n",
              DEVICE(3), STR_W(3, 3, 16), ADR(1, 6), CALL(SUSPEND), NOP, BRANCH(0),
              /* 9: entry */ REPORT_X0, POWER_OFF, BRANCH(0));
    CHECK_RUN(1, EL4_EXIT_OFF,
              "test-service: warning: cpu0 woke\n"
              "test-service: warning: cpu0 reports 0x5\n",
              DEVICE(3), STR_W(3, 3, 16), CALL(STANDBY), MOV(0, 5), REPORT_X0, POWER_OFF,
              BRANCH(0));
}

/* Waking takes the time that the service says, and nothing that happens meanwhile ends it. */
static void test_suspend_wakes_slowly(void **state)
{
    static const char *const expected[] = {
        "test-service: warning: cpu0 wakes from 3\n"
        "test-service: warning: cpu0 woke\n"
        "test-service: warning: cpu0 wakes from 0\n"
        "test-service: warning: cpu0 woke\n"
        "test-service: warning: cpu0 reports 0x77\n",
        "test-service: warning: cpu0 wakes from 3\n",
    };
    static const char *const settings[] = {
        "[service test-service]\nwake-ns = 30000000\n",
        "[service test-service]\nwake-ns = 0xffffffffffffffff\n"};
    /* The line stays high: the second suspend is to wake from at once. */
    const uint32_t code[] = {DEVICE(3),
                             STR_W(3, 3, 16),
                             ADR(1, 5),
                             CALL(SUSPEND),
                             BRANCH(0),
                             /* 8: entry */ COPY(7, 0),
                             CALL(STANDBY),
                             COPY(0, 7),
                             REPORT_X0,
                             POWER_OFF,
                             BRANCH(0)};
    fixture_write_guest(code, G_N_ELEMENTS(code));
    FOR_BOTH_CLOCKS(i)
    {
        for (unsigned never = 0; never < 2; never++) {
            g_autofree char *log = NULL;
            g_autofree char *text = g_strconcat(clocks[i], settings[never], NULL);
            assert_int_equal(run(text, never ? 300000 : 0, &log),
                             never ? EL4_EXIT_TIMEOUT : EL4_EXIT_OFF);
            assert_string_equal(log, expected[never]);
        }
    }
}

/* ---- devices ---- */

static void test_registers(void **state)
{
    CHECK_RUN(1, EL4_EXIT_OFF,
              "dev0: warning: written 0x4d\n"
              "test-service: warning: cpu0 reports 0x5\n",
              DEVICE(3), MOV(4, 0x4d), STR_W(4, 3, 4), LDR_W(0, 3), REPORT_X0, POWER_OFF,
              BRANCH(0));
}

/* A device that is told to do DMA to registers gets an error, and no deadlock. */
static void test_dma_to_registers(void **state)
{
    CHECK_RUN(1, EL4_EXIT_OFF, "dev0: warning: dma -14 -14\n", DEVICE(3), STR_W(4, 3, 8),
              POWER_OFF, BRANCH(0));
}

/* A service that is called reaches a device's registers, and nothing else. */
static void test_registers_of_a_device(void **state)
{
    CHECK_RUN(1, EL4_EXIT_OFF,
              "dev0: warning: written 0x55\n"
              "test-service: warning: cpu0 reports 0x0\n"
              "test-service: warning: cpu0 reports 0x5\n"
              "test-service: warning: cpu0 reports 0xfffffffffffffff2\n"
              "test-service: warning: cpu0 reports 0xfffffffffffffff2\n"
              "dev0: error: the plugin accesses a device's registers outside a call\n"
              "dev0: error: the plugin accesses a device's registers outside a call\n"
              "dev0: warning: registers -1 -1\n",
              DEVICE(1), ADD_IMM(1, 1, 4), MOV(2, 0x55), CALL(POKE), REPORT_X0, DEVICE(1),
              CALL(PEEK), REPORT_X0, DEVICE(1), ADD_IMM(1, 1, 0xffc), CALL(POKE), REPORT_X0,
              ADR(1, 0), CALL(PEEK), REPORT_X0, DEVICE(3), STR_W(4, 3, 24), POWER_OFF,
              BRANCH(0));
}

/* A service can't make EL4 calls: the doorbell is the guest's. */
static void test_service_at_the_doorbell(void **state)
{
    const uint32_t code[] = {MOV(1, 0), MOVK16(1, 0x0b00), CALL(POKE), REPORT_X0,
                             DEVICE(3), STR_W(4, 3, 4),    POWER_OFF,  BRANCH(0)};
    fixture_write_guest(code, G_N_ELEMENTS(code));
    g_autofree char *log = NULL;
    assert_int_equal(
        run("[chain el4]\nservices = test-service\ndoorbell = 0x0b000000\n", 0, &log),
        EL4_EXIT_OFF);
    assert_non_null(strstr(log, "cpu0 reports 0xfffffffffffffff2\ndev0: warning: written"));
}

/* Two devices have memory at the same address, in different views: each sees its own. */
static void test_device_memory(void **state)
{
    const uint32_t code[] = {MOV(3, 0),   MOVK16(3, 0x2001), LDR_W(1, 3), CALL(REPORT),
                             DEVICE(3),   STR_W(4, 3, 20),   MOV(3, 0),   MOVK16(3, 0x2001),
                             LDR_W(1, 3), CALL(REPORT),      POWER_OFF,   BRANCH(0)};
    fixture_write_guest(code, G_N_ELEMENTS(code));
    g_autofree char *log = NULL;
    assert_int_equal(run("[board]\nmistake = memory\n[device dev0]\nmemory = yes\n"
                         "[device dev1]\nmemory = yes\n",
                         0, &log),
                     EL4_EXIT_OFF);
    assert_string_equal(
        log,
        "dev0: error: the plugin uses the memory of region 1, which the board has not mapped "
        "yet: wait for reset()\n"
        "dev1: error: the plugin uses the memory of region 1, which the board has not mapped "
        "yet: wait for reset()\n"
        "test-service: warning: cpu0 reports 0x0\n"
        "dev1: error: the plugin uses region 0 as memory, but did not declare it so\n"
        "dev1: warning: region 1 begins with 0x0\n"
        "dev1: warning: region 2 begins with 0x0\n"
        "dev1: error: the plugin uses region 3 as memory, but did not declare it so\n"
        "dev1: error: the plugin changes the mode of region 2, which has no call-backs\n"
        "dev1: error: the plugin uses region 99 as memory, but did not declare it so\n"
        "test-service: warning: cpu0 reports 0x52\n");
}

static void test_power_without_caller(void **state)
{
    static const char expected[] =
        "dev0: error: the plugin switches its caller's power outside a call\n"
        "dev0: error: the plugin switches its caller's power outside a call\n";
    const uint32_t code[] = {DEVICE(3), STR_W(4, 3, 12), WFI, BRANCH(-1)};
    fixture_write_guest(code, G_N_ELEMENTS(code));
    FOR_BOTH_CLOCKS(i)
    {
        g_autofree char *log = NULL;
        assert_int_equal(run(clocks[i], 200000, &log), EL4_EXIT_TIMEOUT);
        assert_string_equal(log, expected);
    }
}

/* A device that has no optional call-back. */
static void test_bare_device(void **state)
{
    const uint32_t code[] = {DEVICE(3), STR_W(3, 3, 4), LDR_W(0, 3), REPORT_X0, POWER_OFF};
    fixture_write_guest(code, G_N_ELEMENTS(code));
    FOR_BOTH_CLOCKS(i)
    {
        g_autofree char *log = NULL;
        g_autofree char *settings =
            g_strconcat(clocks[i], "[board]\nmistake = bare-device\n", NULL);
        assert_int_equal(run(settings, 0, &log), EL4_EXIT_OFF);
        assert_string_equal(log, "test-service: warning: cpu0 reports 0x0\n");
    }
}

/* ---- resets and stops ---- */

/* While CPU 1 waits, CPU 2 is at a device's registers and CPU 3 is off. */
static void test_resets(void **state)
{
    CHECK_RUN(4, EL4_EXIT_OFF, "",
              /* 0 */ CALL(COUNT_RESETS), SUB_IMM(0, 0, 20), CBZ(0, 22),
              /* 5 */ MOV(1, 1), ADR(2, 14), CALL(ON), MOV(1, 2), ADR(2, 11), CALL(ON),
              /* 15 */ RESET, BRANCH(0),
              /* 20: CPU 1 */ WFI, BRANCH(-1),
              /* 22: CPU 2 */ DEVICE(3), LDR_W(4, 3), BRANCH(-1),
              /* 26 */ POWER_OFF, BRANCH(0));
}

static void test_stops(void **state)
{
    const uint32_t guests[][6] = {
        {BRANCH(0)},
        {WFI, BRANCH(-1)},
        {WFE, BRANCH(-1)},
        {DEVICE(3), LDR_W(4, 3), BRANCH(-1)},
        {CALL(OFF), BRANCH(0)},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(guests); i++) {
        fixture_write_guest(guests[i], G_N_ELEMENTS(guests[i]));
        FOR_BOTH_CLOCKS(c)
        {
            /* At once, too: while the machine is just starting. */
            for (gulong after_us = 1; after_us < 100000; after_us *= 40) {
                g_autofree char *log = NULL;
                assert_int_equal(run(clocks[c], after_us, &log), EL4_EXIT_TIMEOUT);
                assert_string_equal(log, "");
            }
        }
    }
}

static void test_stop_around_run(void **state)
{
    const uint32_t code[] = {BRANCH(0)};
    struct fixture fixture;
    fixture_write_guest(code, G_N_ELEMENTS(code));
    fixture_make(&fixture, "[boot]\nkernel = guest.bin\n");
    assert_non_null(fixture.machine);
    el4_machine_stop(fixture.machine, EL4_EXIT_GUEST);
    assert_int_equal(el4_machine_run(fixture.machine, NULL), EL4_EXIT_GUEST);
    el4_machine_stop(fixture.machine, EL4_EXIT_TIMEOUT);
    assert_int_equal(el4_machine_run(fixture.machine, NULL), EL4_EXIT_GUEST);
    fixture_free(&fixture);
}

/* ---- several machines ---- */

static gpointer run_machine(gpointer data)
{
    return GINT_TO_POINTER((int)el4_machine_run(data, NULL));
}

static void test_two_machines(void **state)
{
    const uint32_t code[] = {CALL(COUNT_RESETS), SUB_IMM(0, 0, 30), CBZ(0, 6), RESET,
                             BRANCH(0),          POWER_OFF,         BRANCH(0)};
    struct fixture fixtures[4];
    GThread *threads[4];
    fixture_write_guest(code, G_N_ELEMENTS(code));
    for (unsigned i = 0; i < G_N_ELEMENTS(fixtures); i++) {
        g_autofree char *text =
            g_strdup_printf("%scpus = %u\n[boot]\nkernel = guest.bin\n", clocks[i % 2], i + 1);
        fixture_make(&fixtures[i], text);
        assert_non_null(fixtures[i].machine);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(fixtures); i++) {
        threads[i] = g_thread_new("machine", run_machine, fixtures[i].machine);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(fixtures); i++) {
        assert_int_equal(GPOINTER_TO_INT(g_thread_join(threads[i])), EL4_EXIT_OFF);
        fixture_free(&fixtures[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_requests_of_a_service_that_passes),
        cmocka_unit_test(test_claim_while_running),
        cmocka_unit_test(test_cpu_on),
        cmocka_unit_test(test_cpu_on_errors),
        cmocka_unit_test(test_off_and_on),
        cmocka_unit_test(test_suspend_sleeps),
        cmocka_unit_test(test_suspend_wakes),
        cmocka_unit_test(test_suspend_wakes_slowly),
        cmocka_unit_test(test_registers),
        cmocka_unit_test(test_dma_to_registers),
        cmocka_unit_test(test_registers_of_a_device),
        cmocka_unit_test(test_service_at_the_doorbell),
        cmocka_unit_test(test_device_memory),
        cmocka_unit_test(test_power_without_caller),
        cmocka_unit_test(test_bare_device),
        cmocka_unit_test(test_resets),
        cmocka_unit_test(test_stops),
        cmocka_unit_test(test_stop_around_run),
        cmocka_unit_test(test_two_machines),
    };
    fixture_begin();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fixture_end();
    return failed;
}
