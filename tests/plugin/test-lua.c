/* SPDX-License-Identifier: MIT */
/*
 * The lua plugin against a fake host: what a script may claim, answer and ask for; that its
 * mistakes, endless loops and greed are failed calls with a message; that a changed file is
 * taken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "service-calls.h"

#define ID 0xc2000000u

static char path[64];

static void write_script(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static struct el4_instance *make_with(const char *text, const char *failure)
{
    const struct fake_setting keys[] = {{"script", path},
                                        {"failure", failure},
                                        {"instructions", "100000"},
                                        {"memory", "1M"},
                                        {0}};
    write_script(text);
    struct el4_instance *fake = fake_new(keys, 2);
    fake_create_service(fake);
    return fake;
}

static struct el4_instance *make(const char *text)
{
    return make_with(text, "unknown");
}

static int set_up(void **state)
{
    strcpy(path, "/tmp/el4-test-lua-XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
    return unlink(path);
}

/* The script cannot be loaded, and the reason has this text. */
static void refused(const char *text, const char *reason)
{
    const struct fake_setting keys[] = {
        {"script", path}, {"instructions", "100000"}, {"memory", "1M"}, {0}};
    write_script(text);
    struct el4_instance *fake = fake_new(keys, 2);
    assert_false(fake_try_create_service(fake));
    assert_true(!strncmp(fake->failure, "script: ", 8));
    if (!strstr(fake->failure, reason)) {
        print_error("'%s' is not in '%s'\n", reason, fake->failure);
        fail();
    }
    fake_free(fake);
}

#define CALL " function call(c) return 7 end "

static void claims(void **state)
{
    struct el4_instance *fake =
        make("el4.claim{first = 0xc2000000, last = 0xc20000ff, name = 'board'}\n"
             "el4.claim{first = 5, name = 'r12', selector = 12, conduits = {'smc', 'el4'},\n"
             "          callers = {'ns-el2', 'el3'}, starts_cpus = true}\n" CALL);
    assert_int_equal(fake->claim_count, 2);
    assert_int_equal(fake->claims[0].first, ID);
    assert_int_equal(fake->claims[0].last, ID + 0xff);
    assert_string_equal(fake->claims[0].name, "board");
    assert_int_equal(fake->claims[0].conduits, EL4_CONDUITS_ALL);
    assert_int_equal(fake->claims[0].callers, EL4_CALLERS_ALL);
    assert_int_equal(fake->claims[0].flags, 0);
    assert_int_equal(fake->claims[1].flags, EL4_CLAIM_STARTS_CPUS);
    assert_int_equal(fake->claims[1].last, 5);
    assert_int_equal(fake->claims[1].selector, 12);
    assert_int_equal(fake->claims[1].conduits, EL4_CONDUITS_SMC | EL4_CONDUITS_EL4);
    assert_int_equal(fake->claims[1].callers, EL4_CALLER_NS_EL2 | EL4_CALLER_EL3);
    fake_free(fake);
}

static void bad_scripts(void **state)
{
    refused("x = ", ":1:");
    refused("\n\nerror('no luck')", ":3: no luck");
    refused("x = 1", "defines no function 'call(c)'");
    refused("while true do end", "more than 100000 instructions");
    refused("while true do pcall(function() while true do end end) end",
            "more than 100000 instructions");
    refused("setmetatable({}, {__gc = function() while true do end end})" CALL, "__gc");
    refused("s = 'x' while true do s = s .. s end", "more memory");
    refused("el4.claim{name = 'x'}" CALL, "'first' and 'last'");
    refused("el4.claim{first = 2, last = 1, name = 'x'}" CALL, "'first' and 'last'");
    refused("el4.claim{first = 0, last = 1 << 32, name = 'x'}" CALL, "'first' and 'last'");
    refused("el4.claim{first = 1}" CALL, "has a 'name'");
    refused("el4.claim{first = 1, name = 'x', callers = {'el9'}}" CALL,
            "'el9' is no caller; it is one of ns-el1");
    refused("el4.claim{first = 1, name = 'x', conduits = 'smc'}" CALL, "must be a list");
    refused("el4.claim{first = 1, name = 'x', selector = 18}" CALL, "selector");
    refused("for i = 0, 64 do el4.claim{first = i, name = 'x'} end" CALL, "more than 64");
    refused("el4.cpu_off()" CALL, "while a call is answered only");
    refused("io.open('/etc/passwd')", "'io'");
    refused("load('x')", "'load'");
    refused("\x1bLua", "binary");
}

static void no_file(void **state)
{
    const struct fake_setting keys[] = {{"script", "/nonexistent/x.lua"}, {0}};
    struct el4_instance *fake = fake_new(keys, 1);
    assert_false(fake_try_create_service(fake));
    assert_non_null(strstr(fake->failure, "/nonexistent/x.lua"));
    fake_free(fake);
}

static void answers(void **state)
{
    struct el4_instance *fake =
        make("function call(c)\n"
             "  if c.args[1] == 0 then return end\n"
             "  if c.args[1] == 1 then return 'trap' end\n"
             "  if c.args[1] == 2 then return 'handled' end\n"
             "  if c.args[1] == 3 then return 'handled', 1, nil, -1 end\n"
             "  if c.args[1] == 4 then return -1 end\n"
             "  return c.id, c.cpu, c.el, c.args[2], c.conduit == 'smc' and 1 or 0,\n"
             "         c.caller == 'ns-el1' and 1 or 0, c.secure and 1 or 0, c.args[17]\n"
             "end");
    static const enum el4_verdict verdicts[] = {EL4_PASS, EL4_TRAP, EL4_HANDLED, EL4_HANDLED};
    static const uint32_t masks[] = {0, 0, 0, 5};
    struct el4_call call;
    for (unsigned i = 0; i < 4; i++) {
        call = service_make_call(0, ID, i, 2, 3);
        assert_int_equal(service_call(fake, &call), verdicts[i]);
        assert_int_equal(call.result_mask, masks[i]);
    }
    assert_true(call.results[0] == 1 && call.results[2] == UINT64_MAX);
    assert_true(service_smc(fake, 0, ID, 4, 0, 0) == -1);

    call = service_make_call(1, ID, 5, UINT64_MAX, 3);
    call.args[17] = 99;
    assert_int_equal(service_call(fake, &call), EL4_HANDLED);
    assert_int_equal(call.result_mask, 0xff);
    const uint64_t want[] = {ID, 1, 1, UINT64_MAX, 1, 1, 0, 99};
    assert_memory_equal(call.results, want, sizeof(want));

    /* Arguments of an SMC32 call have 32 bits. */
    call = service_make_call(1, 0x82000000, 5, UINT64_MAX, 3);
    assert_int_equal(service_call(fake, &call), EL4_HANDLED);
    assert_true(call.results[3] == UINT32_MAX);
    fake_free(fake);
}

static void mistakes(void **state)
{
    static const struct {
        const char *text, *reason;
    } wrong[] = {
        {"function call(c)\n  return c.args.x.y\nend", ":2:"},
        {"function call(c) while true do end end", "more than 100000 instructions"},
        {"function call(c) local s = 'x' while true do s = s .. s end end", "more memory"},
        {"function call(c) return {} end", "a table for x0"},
        {"function call(c) return 1.5 end", "a number for x0"},
        {"function call(c) return 1, '2' end", "a string for x1"},
        {"function call(c) return 'handeld' end", "'handeld' is no verdict"},
        {"function call(c) return table.unpack(c.args, 0, 18) end", "19 values"},
        {"function call(c) error({}) end", "no text"},
        {"function call(c) return call(c) + 1 end", "more memory"},
        {"function call(c) el4.cpu_off() el4.system('off') error('late') end", "late"},
        {"function call(c) el4.mpidr(2) end", "there is no CPU 2"},
        {"function call(c) el4.claim{first = 1, name = 'x'} end", "not later"},
        {"function call(c) el4.read(0, 1 << 40) end", "65536"},
        {"function call(c) el4.system('on') end", "'on' is no event"},
        {"function call(c) el4.cpu_on(1, {}) end", "number expected"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct el4_instance *fake = make(wrong[i].text);
        /* Twice: what went wrong leaves nothing behind, and is said once. */
        assert_true(service_smc(fake, 0, ID, 0, 0, 0) == -1);
        assert_true(service_smc(fake, 0, ID, 0, 0, 0) == -1);
        assert_int_equal(fake->log_count[EL4_LOG_WARNING], 1);
        if (!strstr(fake->log, wrong[i].reason)) {
            print_error("'%s' is not in '%s'\n", wrong[i].reason, fake->log);
            fail();
        }
        assert_int_equal(fake->cpu_off_count, 0);
        assert_int_equal(fake->event, -1);
        fake_free(fake);
    }
}

static void failure_verdicts(void **state)
{
    static const char *const names[] = {"pass", "trap"};
    static const enum el4_verdict verdicts[] = {EL4_PASS, EL4_TRAP};
    for (unsigned i = 0; i < 2; i++) {
        struct el4_instance *fake = make_with("function call(c) error('x') end", names[i]);
        struct el4_call call = service_make_call(0, ID, 0, 0, 0);
        assert_int_equal(service_call(fake, &call), verdicts[i]);
        assert_int_equal(call.result_mask, 0);
        fake_free(fake);
    }
}

static void power(void **state)
{
    struct el4_instance *fake = make(
        "function call(c)\n"
        "  if c.args[1] == 0 then\n"
        "    local ok, why = el4.cpu_on(1, {pc = 0x40000000, context_id = 9})\n"
        "    return ok and 0 or -4, #why\n"
        "  elseif c.args[1] == 1 then el4.cpu_off() return 'handled'\n"
        "  elseif c.args[1] == 2 then el4.suspend() return 0\n"
        "  elseif c.args[1] == 3 then el4.suspend{pc = 8, el = 2, secure = true} return 0\n"
        "  elseif c.args[1] == 4 then el4.system('warm-reset') return 'handled'\n"
        "  elseif c.args[1] == 5 then el4.cpu_off() return 'pass'\n"
        "  end\n"
        "  return el4.cpu_count(), el4.mpidr(1), el4.cpu_power(1) == 'off' and 1 or 0\n"
        "end");
    fake->cpu_power[1] = EL4_CPU_OFF;
    fake->cpu_state[0] = (struct el4_cpu_state){.el = 1, .aarch32 = true};
    struct el4_call call = service_make_call(0, ID, 9, 0, 0);
    assert_int_equal(service_call(fake, &call), EL4_HANDLED);
    assert_true(call.results[0] == 2 && call.results[1] == 0x80000001 && call.results[2] == 1);

    call = service_make_call(0, ID, 0, 0, 0);
    assert_int_equal(service_call(fake, &call), EL4_HANDLED);
    assert_true(call.results[0] == 0 && call.results[1] == 2);
    assert_true(fake->cpu_on_entry[1].pc == 0x40000000 && fake->cpu_on_entry[1].el == 1);
    assert_true(fake->cpu_on_entry[1].context_id == 9 && fake->cpu_on_entry[1].aarch32);

    service_smc(fake, 0, ID, 1, 0, 0);
    assert_int_equal(fake->cpu_off_count, 1);
    service_smc(fake, 0, ID, 2, 0, 0);
    assert_int_equal(fake->suspend_count, 1);
    assert_false(fake->suspend_has_entry);
    service_smc(fake, 0, ID, 3, 0, 0);
    assert_true(fake->suspend_has_entry && fake->suspend_entry.el == 2 &&
                fake->suspend_entry.secure);
    service_smc(fake, 0, ID, 4, 0, 0);
    assert_int_equal(fake->event, EL4_SYSTEM_WARM_RESET);

    call = service_make_call(0, ID, 5, 0, 0);
    assert_int_equal(service_call(fake, &call), EL4_PASS);
    assert_int_equal(fake->cpu_off_count, 1);
    fake_free(fake);
}

static void memory(void **state)
{
    struct el4_instance *fake =
        make("function call(c)\n"
             "  if not el4.is_ram(0x1000, 8) then return -2 end\n"
             "  local bytes = el4.read(0x1000, 8)\n"
             "  if not el4.write(0x1008, bytes:reverse()) then return -2 end\n"
             "  if el4.read(0x100000, 8) or el4.write(0x100000, bytes) then return -3 end\n"
             "  return string.unpack('<I8', bytes)\n"
             "end");
    uint8_t ram[16] = {1, 2, 3, 4, 5, 6, 7, 8};
    fake->ram = ram;
    fake->ram_base = 0x1000;
    fake->ram_bytes = sizeof(ram);
    struct el4_call call = service_make_call(0, ID, 0, 0, 0);
    assert_int_equal(service_call(fake, &call), EL4_HANDLED);
    assert_true(call.results[0] == 0x0807060504030201);
    assert_int_equal(ram[8], 8);
    assert_int_equal(ram[15], 1);
    fake_free(fake);
}

static void reload(void **state)
{
    struct el4_instance *fake = make("n = 0 function call(c) n = n + 1 return n end");
    assert_int_equal(service_smc(fake, 0, ID, 0, 0, 0), 1);
    assert_int_equal(service_smc(fake, 0, ID, 0, 0, 0), 2);
    write_script("function call(c) return 1000 end");
    assert_int_equal(service_smc(fake, 0, ID, 0, 0, 0), 1000);
    assert_int_equal(fake->log_count[EL4_LOG_WARNING], 0);
    write_script("function call(c) return 10 00 end");
    assert_int_equal(service_smc(fake, 0, ID, 0, 0, 0), 1000);
    assert_int_equal(fake->log_count[EL4_LOG_WARNING], 1);
    assert_int_equal(service_smc(fake, 0, ID, 0, 0, 0), 1000);
    assert_int_equal(fake->log_count[EL4_LOG_WARNING], 1);
    write_script("el4.claim{first = 1, name = 'new'} function call(c) return 3 end");
    assert_int_equal(service_smc(fake, 0, ID, 0, 0, 0), 3);
    assert_int_equal(fake->log_count[EL4_LOG_WARNING], 2);
    assert_non_null(strstr(fake->log, "loaded anew"));
    fake_free(fake);
}

static void notices(void **state)
{
    struct el4_instance *fake = make("resets, woken = 0, 0\n"
                                     "function reset() resets = resets + 1 end\n"
                                     "function cpu_woke(cpu) woken = woken + cpu end\n"
                                     "function call(c) return resets, woken end");
    fake_service_ops()->reset(fake->state);
    fake_service_ops()->cpu_woke(fake->state, 1);
    struct el4_call call = service_make_call(0, ID, 0, 0, 0);
    assert_int_equal(service_call(fake, &call), EL4_HANDLED);
    assert_true(call.results[0] == 2 && call.results[1] == 1);
    fake_free(fake);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(claims),           TEST(bad_scripts), TEST(no_file), TEST(answers), TEST(mistakes),
        TEST(failure_verdicts), TEST(power),       TEST(memory),  TEST(reload),  TEST(notices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
