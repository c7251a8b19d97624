/* SPDX-License-Identifier: MIT */
/*
 * What a machine says to plugins and configurations that make a mistake: each is refused with
 * one sentence that names who did what. Run it with ASan: nothing may leak on the way out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

/* $FOLDER and $PLUGINS are the working folder and that of the plugins; '*' stands for the rest.
 */
struct refusal {
    const char *text; /* of the INI file */
    const char *message;
};

static const struct refusal boards[] = {
    {"[board]\nmistake = fail-at-once\n",
     "test.ini:3: [board]: board test-board: could not be built, and it did not say why"},
    {"[board]\nmistake = create-fails\n",
     "test.ini:3: [board]: board test-board: it does not want to be"},
    {"[board]\nmistake = too-early\n",
     "test.ini:3: [board]: board test-board: a struct el4_board_memory "
     "is passed outside a board's build()"},
    {"[board]\nmistake = no-boot\n",
     "test.ini:3: [board]: board test-board: said nothing about how it boots"},
    {"[board]\nmistake = small-boot\n",
     "test.ini:3: [board]: board test-board: a struct el4_board_boot is 4 bytes long, at least "
     "51 are "
     "wanted: its struct_size must be sizeof(struct el4_board_boot)"},
    {"[board]\nmistake = small-memory\n",
     "test.ini:3: [board]: board test-board: a struct el4_board_memory is 8 bytes long, at "
     "least 41 are "
     "wanted: its struct_size must be sizeof(struct el4_board_memory)"},
    {"[board]\nmistake = memory-size\n", "test.ini:3: [board]: board test-board: memory 'ram' "
                                         "at 0x40000000, 0x3e8 bytes: it needs a name, a "
                                         "known kind, and multiples of 4096"},
    {"[board]\nmistake = small-place\n",
     "test.ini:3: [board]: board test-board: a struct el4_board_place is 8 bytes long, at "
     "least 32 are "
     "wanted: its struct_size must be sizeof(struct el4_board_place)"},
    {"[board]\nmistake = place-for-nothing\n",
     "test.ini:3: [board]: board test-board: a place names no device, or takes nothing"},
    {"[board]\nmistake = place-late\n",
     "test.ini:3: [board]: board test-board: the place 'dev0' must be told before its device "
     "is added"},
    {"[board]\nmistake = place-twice\n",
     "test.ini:3: [board]: board test-board: the place 'dev1' is told twice"},
    {"[board]\nmistake = fail-half-way\n",
     "test.ini:3: [board]: board test-board: half of it is built"},
    {"[board]\nmistake = ignore-failure\n",
     "test.ini:3: [board]: board test-board: region 'again' (0x40000000-0x40000fff) overlaps "
     "region 'ram' "
     "(0x40000000-0x40ffffff)"},
    {"[board]\nmistake = ram-on-ram\n", "test.ini:3: [board]: board test-board: region 'more' "
                                        "(0x40100000-0x40100fff) overlaps region 'ram' "
                                        "(0x40000000-0x40ffffff)"},
    {"[board]\nmistake = device-on-ram\n", "test.ini:3: [board]: board test-board: region "
                                           "'dev1.registers' (0x40100000-0x40100fff) overlaps "
                                           "region 'ram' (0x40000000-0x40ffffff)"},
    {"[board]\nmistake = device-on-device\n",
     "test.ini:3: [board]: board test-board: region 'dev1.registers' (0x10000800-0x100017ff) "
     "overlaps "
     "region 'dev0.registers' (0x10000000-0x10000fff)"},
    {"[board]\nmistake = beyond-the-end\n",
     "test.ini:3: [board]: board test-board: region 'more' at 0xfffffffffffff000: 0x2000 bytes "
     "go beyond "
     "the end of the address space"},
    {"[board]\nmistake = same-name\n",
     "test.ini:3: [board]: board test-board: the board's entry for "
     "device 'dev0' is the second of that name"},
    {"[board]\nmistake = two-controllers\n",
     "test.ini:3: [board]: board test-board: the board's entry for device 'dev1' is the second "
     "interrupt "
     "controller"},
    {"[board]\nmistake = bare-controller\n",
     "test.ini:3: [board]: board test-board: the board's interrupt controller 'dev0' (plugin "
     "test-device-bare) has no inputs: wire_changed is NULL in its operations"},
    {"[board]\nmistake = unknown-plugin\n", "[device dev0]: there is no device plugin "
                                            "'test-nothing': looked for test-nothing.so in *"},
    {"[board]\nmistake = service-as-device\n",
     "[device dev0]: $PLUGINS/test-service.so is a service plugin; a device plugin is wanted: "
     "the configuration names it in the wrong place"},
    {"[board]\nmistake = no-name\n", "test.ini:3: [board]: board test-board: the board's entry "
                                     "for device 'test-device' has no name"},
    {"[board]\nmistake = no-plugin\n", "test.ini:3: [board]: board test-board: the board's "
                                       "entry for device 'dev0' has no plugin"},
    {"[board]\nmistake = small-device\n",
     "test.ini:3: [board]: board test-board: a struct el4_board_device is 0 bytes long, at "
     "least 297 are "
     "wanted: its struct_size must be sizeof(struct el4_board_device)"},
    {"[board]\nmistake = many-regions\n",
     "test.ini:3: [board]: board test-board: the board's entry for "
     "device 'dev0' has too many regions or interrupts"},
    {"[board]\nmistake = missing-region\n", "test.ini:3: [board]: board test-board: [device "
                                            "dev0]: the board maps region 1, which test-device "
                                            "does not have"},
    {"[board]\nmistake = large-region\n",
     "test.ini:3: [board]: board test-board: [device dev0]: the board "
     "wants 0x100000 bytes of region 0, which has 0x1000"},
    {"[board]\nmistake = memory-in-part\n[device dev0]\nmemory = yes\n",
     "test.ini:3: [board]: board test-board: [device dev0]: the board maps 0x1000 bytes of "
     "region 2, which "
     "is memory of 0x2000: memory is mapped as a whole"},
    {"[board]\nmistake = high-output\n",
     "test.ini:3: [board]: board test-board: the board's entry for "
     "device 'dev0' has an output with too high a number"},
    {"[board]\nmistake = unknown-setting\n", "board default: [device dev0] nonsense: unknown "
                                             "key; 'el4 help \"device dev0\"' lists the keys"},
    {"[board]\nmistake = bad-setting\n", "board default: [device dev0] speed: 'fast' is not a "
                                         "number; write a decimal or 0x number without a sign"},
    {"[board]\nmistake = wire-to-nobody\n",
     "test.ini:3: [board]: board test-board: wire to 'dev9', which is no device"},
    {"[board]\nmistake = wire-to-null\n",
     "test.ini:3: [board]: board test-board: wire to '', which is no device"},
    {"[board]\nmistake = wire-from-nobody\n",
     "test.ini:3: [board]: board test-board: wire from 'dev9' output 0, which is not there"},
    {"[board]\nmistake = wire-from-high-output\n",
     "test.ini:3: [board]: board test-board: wire from 'dev0' output 2147483648, which is not "
     "there"},
    {"[board]\nmistake = wire-from-no-cpu\n",
     "test.ini:3: [board]: board test-board: wire from output 0 of CPU 99, which is not there"},
    {"[board]\nmistake = small-wire\n",
     "test.ini:3: [board]: board test-board: a struct el4_board_wire is 8 bytes long, at least "
     "36 are "
     "wanted: its struct_size must be sizeof(struct el4_board_wire)"},
    {"[board]\nmistake = bare\n",
     "test.ini:3: [board]: board test-board: wire to 'dev0', which is a device without inputs"},
};

static const struct refusal devices[] = {
    {"[device dev0]\nmistake = silent\n", "test.ini:3: [device dev0]: device test-device: "
                                          "could not be created, and it did not say why"},
    {"[device dev0]\nmistake = no-read\n",
     "test.ini:3: [device dev0]: device test-device: region 1 has no read call-back"},
    {"[device dev0]\nmistake = no-write\n",
     "test.ini:3: [device dev0]: device test-device: region 1 has no write call-back"},
    {"[device dev0]\nmistake = no-length\n",
     "test.ini:3: [device dev0]: device test-device: region 1 has no length"},
    {"[device dev0]\nmistake = size-3\n",
     "test.ini:3: [device dev0]: device test-device: region 1 takes accesses of 3 to 3 bytes; "
     "both must be "
     "1, 2, 4 or 8, and the smallest not above the largest"},
    {"[device dev0]\nmistake = size-order\n",
     "test.ini:3: [device dev0]: device test-device: region 1 takes accesses of 8 to 4 bytes; "
     "both must be "
     "1, 2, 4 or 8, and the smallest not above the largest"},
    {"[device dev0]\nmistake = twice\n",
     "test.ini:3: [device dev0]: device test-device: region 0 is declared twice"},
    {"[device dev0]\nmistake = high-region\n",
     "test.ini:3: [device dev0]: device test-device: region 8 is declared; the last can be 7"},
    {"[device dev0]\nmistake = small-mmio\n",
     "test.ini:3: [device dev0]: device test-device: a struct el4_mmio is 12 bytes long, at "
     "least 48 are "
     "wanted: its struct_size must be sizeof(struct el4_mmio)"},
    {"[device dev0]\nmistake = memory-size\n",
     "test.ini:3: [device dev0]: device test-device: memory region 1 has 0x64 bytes; give it a "
     "multiple of "
     "4096"},
    {"[device dev0]\nmistake = memory-no-write\n",
     "test.ini:3: [device dev0]: device test-device: region 1 has no write call-back"},
    {"[device dev0]\nmistake = sysregs-twice\n",
     "test.ini:3: [device dev0]: device test-device: it claims system registers 0x180 to "
     "0x180, and 'dev0' "
     "claims 0x100 to 0x1ff"},
    {"[device dev0]\nmistake = sysregs-order\n",
     "test.ini:3: [device dev0]: device test-device: system registers 0x101 to 0x100 are "
     "claimed outside "
     "create(), without a call-back, or end before they begin"},
    {"[device dev0]\nmistake = null-stream\n",
     "test.ini:3: [device dev0]: device test-device: it opens a stream without saying which"},
    {"[device dev0]\nmistake = bad-stream\n",
     "test.ini:3: [device dev0]: device test-device: 'carrier-pigeon' is not a stream: it may "
     "be "
     "'terminal', 'null', 'pty', 'file:PATH', 'socket:PATH' or 'tcp:HOST:PORT'"},
    {"[device dev0]\nmistake = null-poll\n",
     "test.ini:3: [device dev0]: device test-device: its poll operations lack a call-back"},
    {"[device dev0]\nmistake = null-timer\n",
     "test.ini:3: [device dev0]: device test-device: it makes a timer without a call-back"},
    {"[device dev0]\nmistake = claims-calls\n",
     "test.ini:3: [device dev0]: device test-device: a claim outside a service's create(): "
     "claims are frozen when the machine is made"},
    {"[device dev0]\nmistake = adds-memory\n",
     "test.ini:3: [device dev0]: device test-device: a struct el4_board_memory is passed "
     "outside a board's "
     "build()"},
    {"[device dev0]\nmistake = fails-twice\n",
     "test.ini:3: [device dev0]: device test-device: the first reason"},
};

static const struct refusal services[] = {
    {"[service test-service]\nmistake = fail\n",
     "test.ini:3: [service test-service]: service test-service: it is not in the mood"},
    {"[service test-service]\nmistake = fail-half-way\n",
     "test.ini:3: [service test-service]: service test-service: half of it is made"},
    {"[service test-service]\nmistake = overlap\n",
     "test.ini:3: [service test-service]: service test-service: service 'test-service': claim "
     "'second' "
     "(0xc200000d-0xc2000010) overlaps its claim 'functions' (0xc2000000-0xc200000d)"},
    {"[service test-service]\nmistake = order\n",
     "test.ini:3: [service test-service]: service test-service: service 'test-service': claim "
     "'second' "
     "ends (0x00000001) before it begins (0xc200000d)"},
    {"[service test-service]\nmistake = no-conduit\n",
     "test.ini:3: [service test-service]: service test-service: service 'test-service': claim "
     "'second' is "
     "for no conduit that exists (0x0)"},
    {"[service test-service]\nmistake = small\n",
     "test.ini:3: [service test-service]: service test-service: a struct el4_claim is 8 bytes "
     "long, at "
     "least 32 are wanted: its struct_size must be sizeof(struct el4_claim)"},
};

/* Sections of a shared file that mean nothing on this machine. */
static void test_unused_sections(void **state)
{
    struct fixture fixture;
    g_free(fixture_take_log());
    fixture_make(&fixture, "[device dev7]\nspeed = 3\n[service nobody]\nclaim = 0x1\n");
    assert_non_null(fixture.machine);
    g_autofree char *log = fixture_take_log();
    assert_string_equal(
        log,
        "warning: test.ini:3: [device dev7]: board 'test-board' has no such device, so the "
        "section has no effect; 'el4 explain' lists the devices\n"
        "warning: test.ini:5: [service nobody]: no chain names this service; add 'nobody' "
        "to services of [chain smc] or [chain hvc], or remove the section\n");
    fixture_free(&fixture);
}

/* Structures of other releases: accepted, unless something in them would be lost. */
static void test_structure_sizes(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"[service test-service]\nmistake = old\n", NULL},
        {"[service test-service]\nmistake = new\n", NULL},
        {"[service test-service]\nmistake = too-new\n",
         "test.ini:3: [service test-service]: service test-service: a struct el4_claim of 48 "
         "bytes sets members that this el4, which knows 40 bytes of it, does not have: the "
         "plugin needs a newer el4"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct fixture fixture;
        fixture_make(&fixture, cases[i].text);
        assert_int_equal(fixture.machine == NULL, cases[i].message != NULL);
        if (cases[i].message) {
            assert_string_equal(fixture.message, cases[i].message);
        } else {
            g_autoptr(GString) chain = g_string_new(NULL);
            el4_smccc_print_chain(el4_machine_smccc(fixture.machine), EL4_CONDUIT_HVC, chain);
            assert_non_null(strstr(chain->str, "test-service (second)"));
        }
        fixture_free(&fixture);
    }
}

static const struct refusal configurations[] = {
    {"[board]\nmistaek = x\n",
     "test.ini:4: [board] mistaek: unknown key; did you mean 'mistake'?"},
    {"[board]\nmistake = x\nmistake = y\n",
     "test.ini:5: [board] mistake: set twice, first in line 4; remove one"},
    {"[device dev0]\nspeeed = 3\n",
     "test.ini:4: [device dev0] speeed: unknown key; did you mean 'speed'?"},
    {"[device dev0]\nspeed = fast\n", "test.ini:4: [device dev0] speed: 'fast' is not a "
                                      "number; write a decimal or 0x number without a sign"},
    {"[chain hvc]\nservices = nobody\n",
     "[service nobody]: there is no service plugin 'nobody': looked for nobody.so in *"},
    {"[chain hvc]\nservices = test-service, test-service\n",
     "test.ini:4: [chain hvc] services: service 'test-service' stands twice in the hvc chain"},
    {"[chain hvc]\nservices = test-device\n",
     "[service test-device]: $PLUGINS/test-device.so is a device plugin; a service plugin is "
     "wanted: the configuration names it in the wrong place"},
    {"[service test-service]\nclaim = 0x5-0x2\n",
     "test.ini:4: [service test-service] claim: '0x5-0x2' ends before it starts; swap the ids"},
    {"[service test-service]\nclaim = 0x5-0x9, 0x7\n",
     "test.ini:4: [service test-service] claim: service 'test-service': claim 'test-service' "
     "(0x00000007-0x00000007) overlaps its claim 'test-service' (0x00000005-0x00000009)"},
    {"[service test-service]\ncallers = el9\n",
     "test.ini:4: [service test-service] callers: 'el9' is no caller; use ns-el1, ns-el2, "
     "s-el1, s-el2 or el3"},
    {"[service test-service]\nconduits = svc\n",
     "test.ini:4: [service test-service] conduits: 'svc' is no conduit; use smc, hvc or el4"},
    {"[service test-service]\nselector = 18\n",
     "test.ini:4: [service test-service] selector: '18' is out of range; give 0 to 17"},
    {"[chain smc]\nimmediate = one\n",
     "test.ini:4: [chain smc] immediate: 'one' is not a choice here; write one of zero, any"},
    {"[chain svc]\nservices = x\n",
     "test.ini:3: [chain svc]: unknown section; did you mean [chain smc]?"},
    {"[service test-service]\nplugin = test-board\n",
     "[service test-service]: $PLUGINS/test-board.so is a board plugin; a service plugin is "
     "wanted: the configuration names it in the wrong place"},
    {"cpus = 0\n", "test.ini:3: [machine] cpus: '0' is out of range; give 1 to 512"},
    {"cpus = 1000\n", "test.ini:3: [machine] cpus: '1000' is out of range; give 1 to 512"},
    {"memory = 0\n",
     "test.ini:3: [machine] memory: '0' is out of range; give 1048576 to 4398046511104"},
    {"memory = 1048577\n",
     "test.ini:3: [machine] memory: 1048577 bytes are no multiple of 4096"},
    {"memory = 8T\n",
     "test.ini:3: [machine] memory: '8T' is out of range; give 1048576 to 4398046511104"},
    {"cpu = z80\n",
     "test.ini:3: [machine] cpu: there is no CPU model 'z80'; there are "
     "cortex-a7, cortex-a9, cortex-a15, cortex-a53, cortex-a57, cortex-a72, max"},
    {"el3 = maybe\n", "test.ini:3: [machine] el3: 'maybe' is not a choice here; write one of "
                      "none, guest, emulator"},
    {"clock = broken\n",
     "test.ini:3: [machine] clock: 'broken' is not a choice here; write one of real, virtual"},
    {"colour = red\n", "test.ini:3: [machine] colour: unknown key; did you mean 'clock'?"},
    {"[boot]\nkernel = missing.bin\n",
     "test.ini:4: [boot] kernel: $FOLDER/missing.bin: No such file or directory"},
    {"[boot]\nkernel = .\n", "test.ini:4: [boot] kernel: $FOLDER/.: is not a regular file"},
    {"[boot]\nbios = test.ini\n",
     "test.ini:4: [boot] bios: board 'test-board' takes no firmware image"},
    {"[boot]\ninitrd = missing.gz\n",
     "test.ini:4: [boot] initrd: $FOLDER/missing.gz: No such file or directory"},
    {"[boot]\nload = test.ini\n", "test.ini:4: [boot] load: 'test.ini' is not FILE@ADDRESS, as "
                                  "in bl33.bin@0x60000000"},
    {"[boot]\nload = test.ini@0x40000000, @0x40001000\n",
     "test.ini:4: [boot] load: '@0x40001000' is not FILE@ADDRESS, as in bl33.bin@0x60000000"},
    {"[boot]\nload = test.ini@-1\n", "test.ini:4: [boot] load: 'test.ini@-1' is not "
                                     "FILE@ADDRESS, as in bl33.bin@0x60000000"},
    {"[boot]\nload = test.ini@0x10000000000000000\n",
     "test.ini:4: [boot] load: 'test.ini@0x10000000000000000' is not FILE@ADDRESS, as in "
     "bl33.bin@0x60000000"},
    {"[boot]\nload = missing@0x40000000\n",
     "test.ini:4: [boot] load: missing: No such file or directory"},
    {"[trace]\nkinds = thoughts\n", "test.ini:4: [trace] kinds: 'thoughts' is nothing to "
                                    "trace; use smc, power, exception, mmio, insn"},
    {"[trace]\nkinds = smc\nfile = no/such/folder\n",
     "test.ini:5: [trace] file: $FOLDER/no/such/folder: cannot be written: No such file or "
     "directory"},
    {"[nonsense]\nx = 1\n",
     "test.ini:3: [nonsense]: unknown section; 'el4 help' lists the sections"},
};
static char *substitute(const char *pattern)
{
    g_autofree char *folder = g_get_current_dir();
    g_autoptr(GString) text = g_string_new(pattern);
    g_string_replace(text, "$FOLDER", folder, 0);
    g_string_replace(text, "$PLUGINS", g_getenv("EL4_PLUGIN_PATH"), 0);
    return g_strdup(text->str);
}

static void check(const struct refusal *refusal)
{
    struct fixture fixture;
    fixture_make(&fixture, refusal->text);
    if (fixture.machine || !fixture.message) {
        fail_msg("not refused: %s", refusal->text);
    }
    g_autofree char *expected = substitute(refusal->message);
    size_t length = strlen(expected);
    if (expected[length - 1] == '*' && strlen(fixture.message) >= length) {
        fixture.message[length - 1] = '*';
        fixture.message[length] = 0;
    }
    assert_string_equal(fixture.message, expected);
    fixture_free(&fixture);
}

static void check_all(const struct refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check(&refusals[i]);
    }
}

static void test_boards(void **state)
{
    check_all(boards, G_N_ELEMENTS(boards));
}

static void test_devices(void **state)
{
    check_all(devices, G_N_ELEMENTS(devices));
}

static void test_services(void **state)
{
    check_all(services, G_N_ELEMENTS(services));
}

static void test_configurations(void **state)
{
    check_all(configurations, G_N_ELEMENTS(configurations));
}

/* Each mistake of a section is told at once, not only the first. */
static void test_all_mistakes(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture, "cpus = many\ncolour = red\nel2 = perhaps\n");
    assert_null(fixture.machine);
    g_auto(GStrv) lines = g_strsplit(fixture.message, "\n", -1);
    assert_int_equal(g_strv_length(lines), 3);
    assert_non_null(strstr(lines[0], "test.ini:3: [machine] cpus: "));
    assert_non_null(strstr(lines[1], "test.ini:4: [machine] colour: "));
    assert_non_null(strstr(lines[2], "test.ini:5: [machine] el2: "));
    fixture_free(&fixture);
}

/* What a plugin may do while it is made, when there are no CPUs yet. */
static void test_early_calls(void **state)
{
    struct fixture fixture;
    g_free(fixture_take_log());
    fixture_make(&fixture, "cpus = 2\n[device dev0]\nmistake = early\n");
    assert_non_null(fixture.machine);
    g_autofree char *log = fixture_take_log();
    assert_non_null(strstr(log, "mpidr 0x80000000 of 2"));
    assert_non_null(strstr(log, "the plugin reads key 'no-such-key', which its schema does not "
                                "have"));
    fixture_free(&fixture);
}

static void test_user_overrides_board(void **state)
{
    struct fixture fixture;
    fixture_make(&fixture, "");
    assert_non_null(fixture.machine);
    assert_int_equal(el4_config_get_uint(fixture.config, "device dev0", "speed"), 5);
    fixture_free(&fixture);
    fixture_make(&fixture, "[device dev0]\nspeed = 9\n");
    assert_non_null(fixture.machine);
    assert_int_equal(el4_config_get_uint(fixture.config, "device dev0", "speed"), 9);
    g_autofree char *origin = el4_config_origin(fixture.config, "device dev0", "speed");
    assert_string_equal(origin, "test.ini:4");
    fixture_free(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boards),
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_unused_sections),
        cmocka_unit_test(test_structure_sizes),
        cmocka_unit_test(test_services),
        cmocka_unit_test(test_configurations),
        cmocka_unit_test(test_all_mistakes),
        cmocka_unit_test(test_early_calls),
        cmocka_unit_test(test_user_overrides_board),
    };
    fixture_begin();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fixture_end();
    return failed;
}
