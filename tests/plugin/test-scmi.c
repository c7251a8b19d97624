/* SPDX-License-Identifier: MIT */
/*
 * The scmi plugin against a fake host: the channel, and messages as Arm DEN0056 has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service-calls.h"

#define ID        0x82000010u
#define RAM_BASE  UINT64_C(0x40000000)
#define RAM_BYTES UINT64_C(0x4000)
#define CHANNEL   0x3000u

static const struct fake_setting everything[] = {
    {"clocks", "uart=48000000 cpu=1000-5000000000"},
    {"power-domains", "gpu dsp"},
    {"sensors", "a=1 b=-2 c=3 d=4 e=5"},
    {"reset-domains", "usb"},
    {0}};

static struct el4_instance *make_without_service(const struct fake_setting *keys)
{
    struct el4_instance *fake = fake_new(keys, 1);
    fake->ram_base = RAM_BASE;
    fake->ram_bytes = RAM_BYTES;
    fake->ram = malloc(RAM_BYTES);
    memset(fake->ram, 0xee, RAM_BYTES);
    return fake;
}

static struct el4_instance *make(const struct fake_setting *keys)
{
    struct el4_instance *fake = make_without_service(keys);
    fake_create_service(fake);
    return fake;
}

static void drop(struct el4_instance *fake)
{
    free(fake->ram);
    fake->ram = NULL;
    fake_free(fake);
}

static uint32_t word(const struct el4_instance *fake, unsigned offset)
{
    uint32_t value;
    memcpy(&value, fake->ram + CHANNEL + offset, 4);
    return value;
}

static void set_word(struct el4_instance *fake, unsigned offset, uint32_t value)
{
    memcpy(fake->ram + CHANNEL + offset, &value, 4);
}

/* Word n of the answer; 0 is the status. */
static uint32_t out(const struct el4_instance *fake, unsigned n)
{
    return word(fake, 28 + 4 * n);
}

/* Send up to four words; returns the status. */
static int32_t send(struct el4_instance *fake, unsigned protocol, unsigned number,
                    unsigned words, const uint32_t *in)
{
    uint32_t header = protocol << 10 | number | 0x155u << 18;
    set_word(fake, 4, 0);
    set_word(fake, 20, 4 + 4 * words);
    set_word(fake, 24, header);
    for (unsigned i = 0; i < words; i++) {
        set_word(fake, 28 + 4 * i, in[i]);
    }
    assert_int_equal(service_smc(fake, 0, ID, 0, 0, 0), 0);
    assert_int_equal(word(fake, 4), 1);
    assert_int_equal(word(fake, 24), header);
    return (int32_t)out(fake, 0);
}

#define SEND(fake, protocol, number, ...)                                                      \
    send(fake, protocol, number, sizeof((uint32_t[]){__VA_ARGS__}) / 4,                        \
         (uint32_t[]){__VA_ARGS__})

static void name_is(const struct el4_instance *fake, unsigned n, const char *name)
{
    char text[17] = "";
    memcpy(text, fake->ram + CHANNEL + 28 + 4 * n, 16);
    assert_string_equal(text, name);
}

static void base(void **state)
{
    struct el4_instance *scmi = make(everything);
    assert_int_equal(word(scmi, 4), 1); /* free from reset on */
    assert_int_equal(SEND(scmi, 0x10, 0, 0), 0);
    assert_int_equal(out(scmi, 1), 0x20000);
    assert_int_equal(word(scmi, 20), 12);
    SEND(scmi, 0x10, 1, 0);
    assert_int_equal(out(scmi, 1), 4 | 2 << 8);
    SEND(scmi, 0x10, 3, 0);
    name_is(scmi, 1, "el4");
    SEND(scmi, 0x10, 6, 0);
    assert_int_equal(out(scmi, 1), 4);
    assert_int_equal(out(scmi, 2), 0x16151114);
    assert_int_equal(word(scmi, 20), 16);
    SEND(scmi, 0x10, 6, 4);
    assert_int_equal(out(scmi, 1), 0);
    assert_int_equal(SEND(scmi, 0x10, 6, 5), -2);
    assert_int_equal(SEND(scmi, 0x10, 6, UINT32_MAX), -2);
    SEND(scmi, 0x10, 7, UINT32_MAX);
    assert_int_equal(out(scmi, 1), 1);
    name_is(scmi, 2, "guest");
    assert_int_equal(SEND(scmi, 0x10, 7, 2), -4);
    assert_int_equal(SEND(scmi, 0x10, 2, 7), 0);
    assert_int_equal(SEND(scmi, 0x10, 2, 8), -4);
    assert_int_equal(SEND(scmi, 0x10, 8, 0), -4);
    assert_int_equal(SEND(scmi, 0x13, 0, 0), -1);
    drop(scmi);
}

static void clocks(void **state)
{
    struct el4_instance *scmi = make(everything);
    SEND(scmi, 0x14, 0, 0);
    assert_int_equal(out(scmi, 1), 0x10000);
    SEND(scmi, 0x14, 1, 0);
    assert_int_equal(out(scmi, 1), 2);
    assert_int_equal(SEND(scmi, 0x14, 3, 1), 0);
    assert_int_equal(out(scmi, 1), 0);
    name_is(scmi, 2, "cpu");
    assert_int_equal(SEND(scmi, 0x14, 3, 2), -4);
    SEND(scmi, 0x14, 4, 0, 0);
    assert_int_equal(out(scmi, 1), 1);
    assert_int_equal(out(scmi, 2), 48000000);
    assert_int_equal(SEND(scmi, 0x14, 4, 0, 1), -5);
    SEND(scmi, 0x14, 4, 1, 0);
    assert_int_equal(out(scmi, 1), 3 | 1 << 12);
    assert_int_equal(out(scmi, 2), 1000);
    assert_int_equal(out(scmi, 4), 5000000000 & UINT32_MAX);
    assert_int_equal(out(scmi, 5), 5000000000 >> 32);
    assert_int_equal(out(scmi, 6), 1);
    SEND(scmi, 0x14, 6, 1);
    assert_int_equal(out(scmi, 2), 1);
    assert_int_equal(SEND(scmi, 0x14, 5, 0, 1, 2000, 0), 0); /* flags, id, rate */
    SEND(scmi, 0x14, 6, 1);
    assert_int_equal(out(scmi, 1), 2000);
    assert_int_equal(out(scmi, 2), 0);
    assert_int_equal(SEND(scmi, 0x14, 5, 0, 1, 999, 0), -2);
    assert_int_equal(SEND(scmi, 0x14, 5, 0, 1, 0, 2), -2);
    assert_int_equal(SEND(scmi, 0x14, 5, 0, 2, 2000, 0), -4);
    SEND(scmi, 0x14, 7, 1, 1);
    SEND(scmi, 0x14, 3, 1);
    assert_int_equal(out(scmi, 1), 1);
    fake_service_ops()->reset(scmi->state);
    SEND(scmi, 0x14, 3, 1);
    assert_int_equal(out(scmi, 1), 0);
    SEND(scmi, 0x14, 6, 1);
    assert_int_equal(out(scmi, 2), 1);
    assert_int_equal(SEND(scmi, 0x14, 8, 0), -4);
    drop(scmi);
}

static void domains(void **state)
{
    struct el4_instance *scmi = make(everything);
    SEND(scmi, 0x11, 1, 0);
    assert_int_equal(out(scmi, 1), 2);
    assert_int_equal(word(scmi, 20), 24);
    SEND(scmi, 0x11, 3, 1);
    name_is(scmi, 2, "dsp");
    assert_int_equal(SEND(scmi, 0x11, 4, 0, 1, 0x40000000), 0);
    SEND(scmi, 0x11, 5, 1);
    assert_int_equal(out(scmi, 1), 0x40000000);
    SEND(scmi, 0x11, 5, 0);
    assert_int_equal(out(scmi, 1), 0);
    assert_int_equal(SEND(scmi, 0x11, 4, 0, 1, 0x80000000), -2);
    assert_int_equal(SEND(scmi, 0x11, 4, 0, 2, 0), -4);
    SEND(scmi, 0x16, 3, 0);
    name_is(scmi, 3, "usb");
    assert_int_equal(SEND(scmi, 0x16, 4, 0, 2, 0), 0);
    assert_int_equal(SEND(scmi, 0x16, 4, 0, 1, 5), -2);
    assert_int_equal(SEND(scmi, 0x16, 4, 1, 1, 0), -4);
    drop(scmi);
}

static void sensors(void **state)
{
    struct el4_instance *scmi = make(everything);
    assert_int_equal(SEND(scmi, 0x15, 3, 0), 0);
    assert_int_equal(out(scmi, 1), 4 | 1 << 16);
    assert_int_equal(out(scmi, 4), 2 | 0x1d << 11);
    name_is(scmi, 2 + 7 + 3, "b");
    SEND(scmi, 0x15, 3, 4);
    assert_int_equal(out(scmi, 1), 1);
    assert_int_equal(out(scmi, 2), 4);
    name_is(scmi, 5, "e");
    assert_int_equal(SEND(scmi, 0x15, 3, 5), -5);
    SEND(scmi, 0x15, 6, 1, 0);
    assert_int_equal((int32_t)out(scmi, 1), -2);
    assert_int_equal((int32_t)out(scmi, 2), -1);
    assert_int_equal(SEND(scmi, 0x15, 6, 5, 0), -4);
    assert_int_equal(SEND(scmi, 0x15, 5, 0), -1);
    drop(scmi);
}

/* The channel is the guest's to write: nothing in it may do harm. */
static void hostile_lengths(void **state)
{
    static const uint32_t lengths[] = {0, 3, 5, 136, 4096, 0x7fffffff, 0xffffffff};
    struct el4_instance *scmi = make(everything);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        set_word(scmi, 20, lengths[i]);
        set_word(scmi, 24, 0x10 << 10);
        assert_int_equal(service_smc(scmi, 0, ID, 0, 0, 0), 0);
        assert_int_equal((int32_t)out(scmi, 0), -10);
        assert_int_equal(word(scmi, 20), 8);
        assert_int_equal(word(scmi, 4), 1);
    }
    /* Arguments that were not sent are 0. */
    set_word(scmi, 28, 1);
    assert_int_equal(send(scmi, 0x14, 3, 0, NULL), 0);
    name_is(scmi, 2, "uart");
    struct el4_call other = service_make_call(0, ID + 1, 0, 0, 0);
    assert_int_equal(service_call(scmi, &other), EL4_PASS);
    scmi->ram_bytes = CHANNEL; /* it is gone */
    assert_int_equal(service_smc(scmi, 0, ID, 0, 0, 0), -1);
    drop(scmi);
}

static void device_tree(void **state)
{
    const struct fake_setting keys[] = {{"clocks", "x=1"}, {"id", "0xc2000001"}, {0}};
    struct el4_instance *scmi = make(keys);
    assert_string_equal(scmi->reservation.compatible, "arm,scmi-shmem");
    fake_service_fdt(scmi, EL4_CONDUIT_HVC);
    assert_true(fake_fdt_has(scmi, "compatible = arm,scmi-smc"));
    assert_true(fake_fdt_has(scmi, "arm,smc-id = 0xc2000001"));
    assert_true(fake_fdt_has(scmi, "#clock-cells = 0x1"));
    assert_false(fake_fdt_has(scmi, "#reset-cells = 0x1"));
    assert_int_equal(service_smc(scmi, 0, 0xc2000001, 0, 0, 0), 0);
    drop(scmi);
}

static void bad_configurations(void **state)
{
    static const struct fake_setting cases[] = {
        {"clocks", "x"},
        {"clocks", "x="},
        {"clocks", "x=0"},
        {"clocks", "x=5-4"},
        {"clocks", "x=5-"},
        {"clocks", "x=5z"},
        {"clocks", "=5"},
        {"clocks", "x=-5"},
        {"clocks", "x=99999999999999999999"},
        {"power-domains", "a=1"},
        {"sensors", "s"},
        {"sensors", "s=1.5"},
        {"reset-domains", "r="},
        {"reset-domains", "abcdefghijklmnop"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fake_setting keys[] = {cases[i], {0}};
        struct el4_instance *scmi = make_without_service(keys);
        assert_false(fake_try_create_service(scmi));
        assert_memory_equal(scmi->failure, cases[i].key, strlen(cases[i].key));
        drop(scmi);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base),
        cmocka_unit_test(clocks),
        cmocka_unit_test(domains),
        cmocka_unit_test(sensors),
        cmocka_unit_test(hostile_lengths),
        cmocka_unit_test(device_tree),
        cmocka_unit_test(bad_configurations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
