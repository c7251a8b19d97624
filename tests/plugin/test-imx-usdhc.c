/* SPDX-License-Identifier: MIT */
/*
 * i.MX uSDHC and its SD card: identification, transfers by port, simple DMA and ADMA2, and what
 * guests can do wrong. Sector n of the image is full of bytes n.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake-host.h"
#include "registers.h"

enum {
    DS_ADDR = 0x00,
    BLK_ATT = 0x04,
    CMD_ARG = 0x08,
    CMD_XFR = 0x0c,
    RSP0 = 0x10,
    PORT = 0x20,
    PRES = 0x24,
    PROT = 0x28,
    SYS = 0x2c,
    STATUS = 0x30,
    STATUS_EN = 0x34,
    SIGNAL_EN = 0x38,
    MIX = 0x48,
    ADMA_ERR = 0x54,
    ADMA_ADDR = 0x58,
};

#define CC   0x1u
#define TC   0x2u
#define BWR  0x10u
#define BRR  0x20u
#define CTOE (1u << 16)
#define DTOE (1u << 20)
#define DMAE (1u << 28)

#define DMAEN 0x1u
#define BCEN  0x2u
#define AC12  0x4u
#define READ  0x10u
#define MULTI 0x20u
#define AC23  0x80u

enum { NONE, LONG, SHORT, BUSY };
#define DATA (1u << 21)

#define CARD_BYTES (1u << 20)
#define RAM_BASE   0x80000000u
#define RAM_BYTES  0x40000u

static char path[32];

static void make_card(void)
{
    strcpy(path, "/tmp/el4-card-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    uint8_t sector[512];
    for (unsigned i = 0; i < CARD_BYTES / 512; i++) {
        memset(sector, (int)(i & 0xff), sizeof(sector));
        assert_int_equal(write(fd, sector, sizeof(sector)), sizeof(sector));
    }
    close(fd);
}

/* Give a command; returns and clears the flags. */
static uint32_t command(struct el4_instance *fake, uint32_t index, uint32_t argument,
                        uint32_t response, uint32_t flags)
{
    set(fake, CMD_ARG, argument);
    set(fake, CMD_XFR, index << 24 | response << 16 | flags);
    uint32_t status = reg(fake, STATUS);
    set(fake, STATUS, status & ~(BRR | BWR));
    return status;
}

/* As far as the transfer state. */
static void identify(struct el4_instance *fake)
{
    command(fake, 0, 0, NONE, 0);
    assert_int_equal(command(fake, 8, 0x1aa, SHORT, 0), CC);
    assert_int_equal(reg(fake, RSP0), 0x1aa);
    command(fake, 55, 0, SHORT, 0);
    assert_int_equal(reg(fake, RSP0), 0x120);
    command(fake, 41, 0x40300000, SHORT, 0);
    assert_int_equal(reg(fake, RSP0), 0xc0ff8000);
    assert_int_equal(command(fake, 2, 0, LONG, 0), CC);
    assert_int_equal(command(fake, 3, 0, SHORT, 0), CC);
    uint32_t rca = reg(fake, RSP0) & 0xffff0000;
    assert_int_not_equal(rca, 0);
    assert_int_equal(command(fake, 9, rca, LONG, 0), CC);
    /* C_SIZE 1: two times 512 KiB */
    assert_int_equal(reg(fake, RSP0 + 4) >> 8 & 0x3fffff, 1);
    assert_int_equal(command(fake, 7, rca, BUSY, 0), CC | TC);
    command(fake, 13, rca, SHORT, 0);
    assert_int_equal(reg(fake, RSP0), 4 << 9 | 1 << 8);
}

static int set_up_with(void **state, bool readonly)
{
    static struct fake_setting settings[3];
    make_card();
    settings[0] = (struct fake_setting){"file", path};
    settings[1] = (struct fake_setting){readonly ? "readonly" : NULL, "yes"};
    struct el4_instance *fake = fake_new(settings, 1);
    fake->ram = calloc(1, RAM_BYTES);
    fake->ram_base = RAM_BASE;
    fake->ram_bytes = RAM_BYTES;
    fake_create_device(fake);
    set(fake, STATUS_EN, UINT32_MAX);
    identify(fake);
    *state = fake;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, false);
}

static int set_up_readonly(void **state)
{
    return set_up_with(state, true);
}

static int tear_down(void **state)
{
    struct el4_instance *fake = *state;
    free(fake->ram);
    fake_free(fake);
    unlink(path);
    return 0;
}

static void put_word(struct el4_instance *fake, uint32_t offset, uint32_t value)
{
    memcpy(fake->ram + offset, &value, sizeof(value));
}

static void test_empty_slot(void **state)
{
    struct el4_instance *fake = fake_new(NULL, 1);
    fake_create_device(fake);
    set(fake, STATUS_EN, UINT32_MAX);
    assert_true(fake->outputs[1]);
    assert_int_equal(reg(fake, PRES) >> 16 & 0xf, 0);
    assert_int_equal(command(fake, 8, 0x1aa, SHORT, 0), CTOE);
    fake_free(fake);
}

static void test_size_must_fit(void **state)
{
    make_card();
    assert_int_equal(truncate(path, CARD_BYTES - 512), 0);
    const struct fake_setting settings[] = {{"file", path}, {0}};
    struct el4_instance *fake = fake_new(settings, 1);
    assert_false(fake_try_create_device(fake));
    assert_non_null(strstr(fake->failure, "512 KiB"));
    fake_free(fake);
    unlink(path);
}

static void test_present_state(void **state)
{
    struct el4_instance *fake = *state;
    assert_false(fake->outputs[1]);
    assert_int_equal(reg(fake, PRES), 0xff8d8088);
    set(fake, 0xc0, 0x20007909); /* the clock is forced on */
    assert_int_equal(reg(fake, PRES), 0xff8d8008);
}

static void test_read_by_port(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, BLK_ATT, 2 << 16 | 512);
    set(fake, MIX, READ | MULTI | BCEN | AC12);
    assert_int_equal(command(fake, 18, 5, SHORT, DATA), CC | BRR);
    for (unsigned word = 0; word < 256; word++) {
        assert_true(reg(fake, PRES) & 1 << 11);
        assert_int_equal(reg(fake, PORT), word < 128 ? 0x05050505 : 0x06060606);
    }
    assert_int_equal(reg(fake, STATUS) & TC, TC);
    assert_false(reg(fake, PRES) & 1 << 11);
    reg(fake, PORT);
    assert_int_equal(fake->log_count[EL4_LOG_GUEST_ERROR], 1);
}

static void test_write_by_port(void **state)
{
    struct el4_instance *fake = *state;
    uint8_t sector[512];
    set(fake, BLK_ATT, 1 << 16 | 512);
    set(fake, MIX, 0);
    assert_int_equal(command(fake, 24, 9, SHORT, DATA), CC | BWR);
    for (unsigned word = 0; word < 128; word++) {
        set(fake, PORT, 0xa5a5a5a5);
    }
    assert_int_equal(reg(fake, STATUS) & TC, TC);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 9 * 512, SEEK_SET), 0);
    assert_int_equal(fread(sector, 1, sizeof(sector), file), sizeof(sector));
    fclose(file);
    assert_int_equal(sector[0], 0xa5);
    assert_int_equal(sector[511], 0xa5);
}

static void test_simple_dma(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, DS_ADDR, RAM_BASE + 0x1000);
    set(fake, BLK_ATT, 3 << 16 | 512);
    set(fake, MIX, DMAEN | READ | MULTI | BCEN | AC12);
    assert_int_equal(command(fake, 18, 7, SHORT, DATA) & (CC | TC), CC | TC);
    assert_int_equal(fake->ram[0x1000], 7);
    assert_int_equal(fake->ram[0x1000 + 1535], 9);
    assert_int_equal(fake->ram[0x1000 + 1536], 0);
    assert_int_equal(reg(fake, DS_ADDR), RAM_BASE + 0x1600);
}

/* Pieces that do not meet the blocks' ends, with a link between them. */
static void test_adma2(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, PROT, 0x220);
    put_word(fake, 0, 100 << 16 | 0x21);
    put_word(fake, 4, RAM_BASE + 0x2000);
    put_word(fake, 8, 0x31);
    put_word(fake, 12, RAM_BASE + 0x100);
    put_word(fake, 0x100, 924 << 16 | 0x23);
    put_word(fake, 0x104, RAM_BASE + 0x3000);
    set(fake, ADMA_ADDR, RAM_BASE);
    set(fake, BLK_ATT, 2 << 16 | 512);
    set(fake, MIX, DMAEN | READ | MULTI | BCEN | AC12);
    assert_int_equal(command(fake, 18, 3, SHORT, DATA), CC | TC);
    assert_int_equal(fake->ram[0x2000 + 99], 3);
    assert_int_equal(fake->ram[0x3000], 3);
    assert_int_equal(fake->ram[0x3000 + 411], 3);
    assert_int_equal(fake->ram[0x3000 + 412], 4);
    assert_int_equal(fake->ram[0x3000 + 923], 4);

    /* And back to other sectors, with CMD23 by itself. */
    set(fake, ADMA_ADDR, RAM_BASE);
    set(fake, DS_ADDR, 2);
    set(fake, BLK_ATT, 2 << 16 | 512); /* the count has gone to 0 */
    set(fake, MIX, DMAEN | MULTI | BCEN | AC23);
    assert_int_equal(command(fake, 25, 100, SHORT, DATA), CC | TC);
    set(fake, DS_ADDR, RAM_BASE + 0x8000);
    set(fake, PROT, 0x20);
    set(fake, BLK_ATT, 1 << 16 | 512);
    set(fake, MIX, DMAEN | READ);
    assert_int_equal(command(fake, 17, 101, SHORT, DATA) & TC, TC);
    assert_int_equal(fake->ram[0x8000], 4);
}

static void test_hostile_adma2(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, PROT, 0x220);
    set(fake, BLK_ATT, 65535u << 16 | 512);
    set(fake, MIX, DMAEN | READ | MULTI | BCEN);
    /* A link to itself */
    put_word(fake, 0, 0x31);
    put_word(fake, 4, RAM_BASE);
    set(fake, ADMA_ADDR, RAM_BASE);
    assert_int_equal(command(fake, 18, 0, SHORT, DATA), CC | DMAE);
    assert_int_equal(command(fake, 12, 0, BUSY, 0), CC | TC);
    /* Not valid; not in memory; data not in memory; beyond the card's end */
    put_word(fake, 0, 0x20);
    set(fake, ADMA_ADDR, RAM_BASE);
    assert_int_equal(command(fake, 18, 0, SHORT, DATA), CC | DMAE);
    assert_int_equal(reg(fake, ADMA_ERR) & 8, 8);
    command(fake, 12, 0, BUSY, 0);
    set(fake, ADMA_ADDR, 0xfffffffc);
    assert_int_equal(command(fake, 18, 0, SHORT, DATA), CC | DMAE);
    command(fake, 12, 0, BUSY, 0);
    put_word(fake, 0, 0x21);
    put_word(fake, 4, 0x1000);
    set(fake, ADMA_ADDR, RAM_BASE);
    assert_int_equal(command(fake, 18, 0, SHORT, DATA), CC | DMAE);
    command(fake, 12, 0, BUSY, 0);
    put_word(fake, 4, RAM_BASE + 0x1000);
    put_word(fake, 8, 0x23);
    put_word(fake, 12, RAM_BASE + 0x1000);
    set(fake, ADMA_ADDR, RAM_BASE);
    assert_int_equal(command(fake, 18, CARD_BYTES / 512 - 2, SHORT, DATA), CC | DTOE);
    command(fake, 12, 0, BUSY, 0);
    assert_int_equal(reg(fake, RSP0) >> 31, 1); /* OUT_OF_RANGE */
}

static void test_odd_blocks(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, MIX, READ);
    set(fake, BLK_ATT, 1 << 16 | 0x1fff);
    assert_int_equal(command(fake, 17, 0, SHORT, DATA), CC | TC);
    command(fake, 12, 0, BUSY, 0);
    set(fake, BLK_ATT, 1 << 16 | 64);
    assert_int_equal(command(fake, 17, 0, SHORT, DATA), CC | DTOE);
    command(fake, 12, 0, BUSY, 0);
    set(fake, BLK_ATT, 1 << 16 | 512);
    assert_int_equal(command(fake, 17, UINT32_MAX, SHORT, DATA), CC | DTOE);
}

/* SCR by ACMD51, and high speed by CMD6. */
static void test_small_blocks(void **state)
{
    struct el4_instance *fake = *state;
    uint32_t rca = 0x4567u << 16, words[16];
    set(fake, MIX, READ);
    set(fake, BLK_ATT, 1 << 16 | 8);
    command(fake, 55, rca, SHORT, 0);
    assert_int_equal(command(fake, 51, 0, SHORT, DATA), CC | BRR);
    assert_int_equal(reg(fake, PORT), 0x02800502);
    assert_int_equal(reg(fake, PORT), 0);
    set(fake, BLK_ATT, 1 << 16 | 64);
    assert_int_equal(command(fake, 6, 0x80fffff1, SHORT, DATA) & (CC | BRR), CC | BRR);
    for (unsigned i = 0; i < 16; i++) {
        words[i] = reg(fake, PORT);
    }
    const uint8_t *status = (const uint8_t *)words;
    assert_int_equal(status[13], 0x03);
    assert_int_equal(status[16] & 0xf, 1);
}

static void test_erase(void **state)
{
    struct el4_instance *fake = *state;
    command(fake, 38, 0, BUSY, 0);
    command(fake, 13, 0x4567u << 16, SHORT, 0);
    command(fake, 32, 20, SHORT, 0);
    command(fake, 33, 22, SHORT, 0);
    assert_int_equal(command(fake, 38, 0, BUSY, 0), CC | TC);
    set(fake, DS_ADDR, RAM_BASE);
    set(fake, BLK_ATT, 5 << 16 | 512);
    set(fake, MIX, DMAEN | READ | MULTI | BCEN | AC12);
    command(fake, 18, 19, SHORT, DATA);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(fake->ram[512 * i], i == 0 ? 19 : i == 4 ? 23 : 0);
    }
}

static void test_write_protected(void **state)
{
    struct el4_instance *fake = *state;
    assert_false(reg(fake, PRES) & 1 << 19);
    set(fake, BLK_ATT, 1 << 16 | 512);
    set(fake, MIX, 0);
    command(fake, 24, 9, SHORT, DATA);
    assert_int_equal(reg(fake, RSP0) >> 26 & 1, 1);
}

static void test_interrupt_and_reset(void **state)
{
    struct el4_instance *fake = *state;
    set(fake, SIGNAL_EN, CC);
    set(fake, CMD_ARG, 0x4567u << 16);
    set(fake, CMD_XFR, 13u << 24 | SHORT << 16);
    assert_true(fake->outputs[0]);
    set(fake, STATUS, CC);
    assert_false(fake->outputs[0]);
    /* A half-word with the number alone starts the command, too. */
    fake_write(fake, 0, CMD_XFR + 2, 2, 13u << 8 | SHORT);
    assert_true(fake->outputs[0]);
    set(fake, SYS, 1u << 24);
    assert_false(fake->outputs[0]);
    assert_int_equal(reg(fake, STATUS_EN), 0);
    assert_int_equal(reg(fake, SYS), 0x0080800f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_slot),
        cmocka_unit_test(test_size_must_fit),
        cmocka_unit_test_setup_teardown(test_present_state, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_by_port, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_write_by_port, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_simple_dma, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_adma2, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_adma2, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_odd_blocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_small_blocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_erase, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_write_protected, set_up_readonly, tear_down),
        cmocka_unit_test_setup_teardown(test_interrupt_and_reset, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
