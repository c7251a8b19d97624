/* SPDX-License-Identifier: MIT */
/*
 * Integer work in the mix of a small embedded program: a linked list that is searched, reversed
 * and sorted, products of small matrices, a state machine over text, and a bitwise CRC over the
 * results. A unit is one round of all four.
 */
#include <stdbool.h>

#include "bench.h"

#define LIST_LENGTH 40
#define SEARCHES    12
#define MATRIX_SIDE 10
#define TEXT_BYTES  400

struct item {
    struct item *next;
    int16_t value;
    int16_t tag;
};

static struct item items[LIST_LENGTH];
static int16_t left[MATRIX_SIDE][MATRIX_SIDE], right[MATRIX_SIDE][MATRIX_SIDE];
static int32_t product[MATRIX_SIDE][MATRIX_SIDE];
static char text[TEXT_BYTES];

/* CRC-16/ARC, bit by bit. */
static uint16_t crc_byte(uint16_t crc, uint8_t byte)
{
    crc ^= byte;
    for (unsigned bit = 0; bit < 8; bit++) {
        crc = crc & 1 ? (uint16_t)(crc >> 1 ^ 0xa001) : (uint16_t)(crc >> 1);
    }
    return crc;
}

static uint16_t crc_word(uint16_t crc, uint32_t word)
{
    for (unsigned i = 0; i < 4; i++) {
        crc = crc_byte(crc, (uint8_t)(word >> (8 * i)));
    }
    return crc;
}

/* ---- list ---- */

static struct item *link_items(uint64_t seed)
{
    for (unsigned i = 0; i < LIST_LENGTH; i++) {
        items[i].next = i + 1 < LIST_LENGTH ? &items[i + 1] : NULL;
        items[i].value = (int16_t)(bench_random(&seed) & 0x3ff);
        items[i].tag = (int16_t)i;
    }
    return items;
}

static struct item *reverse(struct item *list)
{
    struct item *reversed = NULL;
    while (list) {
        struct item *next = list->next;
        list->next = reversed;
        reversed = list;
        list = next;
    }
    return reversed;
}

static const struct item *find(const struct item *list, int value)
{
    while (list && list->value != value) {
        list = list->next;
    }
    return list;
}

static bool by_value(const struct item *a, const struct item *b)
{
    return a->value <= b->value;
}

static bool by_tag(const struct item *a, const struct item *b)
{
    return a->tag <= b->tag;
}

static struct item *merge(struct item *a, struct item *b,
                          bool (*in_order)(const struct item *, const struct item *))
{
    struct item head = {0};
    struct item *tail = &head;
    while (a && b) {
        struct item **from = in_order(a, b) ? &a : &b;
        tail->next = *from;
        tail = *from;
        *from = tail->next;
    }
    tail->next = a ? a : b;
    return head.next;
}

static struct item *sort(struct item *list, unsigned length,
                         bool (*in_order)(const struct item *, const struct item *))
{
    if (length < 2) {
        return list;
    }
    struct item *last = list;
    for (unsigned i = 1; i < length / 2; i++) {
        last = last->next;
    }
    struct item *second = last->next;
    last->next = NULL;
    return merge(sort(list, length / 2, in_order), sort(second, length - length / 2, in_order),
                 in_order);
}

static uint16_t list_work(uint64_t seed, uint16_t crc)
{
    struct item *list = link_items(seed);
    for (unsigned i = 0; i < SEARCHES; i++) {
        const struct item *found = find(list, (int)((seed + i * 85) & 0x3ff));
        crc = crc_byte(crc, found ? (uint8_t)found->tag : 0xff);
        list = reverse(list);
    }
    list = sort(list, LIST_LENGTH, by_value);
    for (const struct item *item = list; item; item = item->next) {
        crc = crc_byte(crc, (uint8_t)item->tag);
    }
    list = sort(list, LIST_LENGTH, by_tag);
    return crc_byte(crc, (uint8_t)list->value);
}

/* ---- matrices ---- */

static uint16_t matrix_work(uint64_t seed, uint16_t crc)
{
    for (unsigned row = 0; row < MATRIX_SIDE; row++) {
        for (unsigned column = 0; column < MATRIX_SIDE; column++) {
            left[row][column] = (int16_t)(bench_random(&seed) >> 48);
            right[row][column] = (int16_t)(left[row][column] + (int16_t)(row * column));
        }
    }
    for (unsigned row = 0; row < MATRIX_SIDE; row++) {
        for (unsigned column = 0; column < MATRIX_SIDE; column++) {
            uint32_t sum = 0;
            for (unsigned k = 0; k < MATRIX_SIDE; k++) {
                uint32_t term = (uint32_t)(left[row][k] * right[k][column]);
                sum += (term >> 2 & 0xf) * (term >> 5 & 0x7f) + term;
            }
            product[row][column] = (int32_t)sum;
        }
    }
    uint32_t total = 0;
    for (unsigned row = 0; row < MATRIX_SIDE; row++) {
        for (unsigned column = 0; column < MATRIX_SIDE; column++) {
            int32_t value = product[row][column];
            total = value > (int32_t)total ? total + 10 : total + ((uint32_t)value & 0xff);
        }
    }
    return crc_word(crc, total);
}

/* ---- state machine: which words of a text are numbers, and of what kind ---- */

enum state { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, SCIENTIFIC, OTHER, STATES };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum state step(enum state state, char c)
{
    switch (state) {
    case START:
        return is_digit(c) ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? POINT : OTHER;
    case SIGN: return is_digit(c) ? INTEGER : c == '.' ? POINT : OTHER;
    case INTEGER: return is_digit(c) ? INTEGER : c == '.' ? POINT : c == 'e' ? EXPONENT : OTHER;
    case POINT:
    case FRACTION: return is_digit(c) ? FRACTION : c == 'e' ? EXPONENT : OTHER;
    case EXPONENT:
    case SCIENTIFIC: return is_digit(c) || (state == EXPONENT && c == '-') ? SCIENTIFIC : OTHER;
    default: return OTHER;
    }
}

static uint16_t text_work(uint64_t seed, uint16_t crc)
{
    unsigned counts[STATES] = {0};
    enum state state = START;
    for (unsigned i = 0; i < TEXT_BYTES; i++) {
        char c = (char)(text[i] ^ (i % 97 == (uint32_t)seed % 97 ? 1 : 0));
        if (c == ',') {
            counts[state]++;
            state = START;
        } else {
            state = step(state, c);
        }
    }
    for (unsigned i = 0; i < STATES; i++) {
        crc = crc_word(crc, counts[i]);
    }
    return crc;
}

void bench_prepare(void)
{
    static const char *const words[] = {"1234",  "-7.5", "+12.75e3", "x9",  ".5",
                                        "31e-4", "7..",  "2e",       "500", "abc"};
    uint64_t random = 5;
    unsigned length = 0;
    while (length < TEXT_BYTES) {
        const char *word = words[bench_random(&random) % 10];
        while (*word && length < TEXT_BYTES) {
            text[length++] = *word++;
        }
        if (length < TEXT_BYTES) {
            text[length++] = ',';
        }
    }
}

uint64_t bench_run(uint64_t units)
{
    uint16_t crc = 0;
    for (uint64_t unit = 0; unit < units; unit++) {
        uint64_t seed = 0x1234567 + unit * 2654435761u;
        crc = list_work(seed, crc);
        crc = matrix_work(seed, crc);
        crc = text_work(seed, crc);
    }
    return crc;
}
