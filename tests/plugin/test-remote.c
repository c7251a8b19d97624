/* SPDX-License-Identifier: MIT */
/*
 * The remote plugin against a fake host, with a peer in a thread that answers, is silent, dies
 * or talks nonsense, as the call's x1 tells it. However it behaves, calls end in bounded time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "service-calls.h"

#define ID 0xc2000000u
/* The time-outs of calls: one that passes, and one that does not on the busiest host. */
#define SHORT_MS 200
#define LONG_MS  20000

/* What x1 tells the peer to do. */
enum {
    ANSWER,
    PASS,
    TRAP,
    RESULTS,
    SILENT,
    HANG_UP,
    LATE,
    WRONG_NUMBER_FIRST,
    MEMORY,
    LONG_LINE,
    NO_LINE,
    NONSENSE, /* + index into nonsense[] */
};

static const char *const nonsense[] = {
    "",
    "x",
    "[]",
    "{}",
    "7",
    "null",
    "{\"call\": null}",
    "{\"call\": {}}",
    "{\"call\": \"\"}",
    "{\"call\": \"0x10000000000000000\"}",
    "{\"call\": @, \"verdict\": \"maybe\"}",
    "{\"call\": @, \"verdict\": 7}",
    "{\"call\": @, \"results\": 7}",
    "{\"call\": @, \"results\": [1.5]}",
    "{\"call\": @, \"results\": [[]]}",
    "{\"call\": @, \"results\": [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]}",
    "{\"call\": @, \"results\": [\"x\"]}",
    "{\"read\": 0}",
    "{\"read\": 0, \"bytes\": 65537}",
    "{\"read\": 0, \"bytes\": -1}",
    "{\"write\": 0}",
    "{\"write\": 0, \"data\": \"0\"}",
    "{\"write\": 0, \"data\": \"0g\"}",
    "{\"write\": 0, \"data\": 7}",
    "\xff\xfe",
};
#define NONSENSES (sizeof(nonsense) / sizeof(nonsense[0]))

struct bench {
    char folder[32], path[64];
    int listener;
    pthread_t thread;
    sem_t late; /* the late answer may come */
    struct el4_instance *fake;
    unsigned connections;
    _Atomic int connection; /* the open one; -1: none */
    char hello[256], first_call[4096], memory[4][64];
};

/* ---- the peer ---- */

static void say(FILE *out, const char *text, unsigned long number)
{
    for (; *text; text++) {
        if (*text == '@') {
            fprintf(out, "%lu", number);
        } else {
            fputc(*text, out);
        }
    }
    fputc('\n', out);
    fflush(out);
}

static void sleep_ms(unsigned ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void use_memory(struct bench *bench, FILE *in, FILE *out, unsigned long number)
{
    static const char *const lines[] = {
        "{\"read\": \"0x1000\", \"bytes\": 4}",
        "{\"write\": 4098, \"data\": \"aAbB\", \"secure\": true}",
        "{\"read\": \"0x9000\", \"bytes\": 4}",
        "{\"write\": \"0x9000\", \"data\": \"00\"}",
    };
    for (unsigned i = 0; i < 4; i++) {
        say(out, lines[i], 0);
        if (!fgets(bench->memory[i], sizeof(bench->memory[i]), in)) {
            return;
        }
    }
    say(out, "{\"call\": @, \"results\": [5]}", number);
}

static void answer_call(struct bench *bench, FILE *in, FILE *out, unsigned long number,
                        unsigned long what)
{
    switch (what) {
    case ANSWER: say(out, "{\"call\": @, \"results\": [\"0x2a\"]}", number); break;
    case PASS: say(out, "{\"call\": @, \"verdict\": \"pass\"}", number); break;
    case TRAP: say(out, "{\"call\": @, \"verdict\": \"trap\"}", number); break;
    case RESULTS:
        say(out,
            "{\"verdict\": \"handled\", \"call\": \"@\", \"results\": "
            "[-1, null, \"-2\", \"0xffffffffffffffff\", 9007199254740993]}",
            number);
        break;
    case LATE:
        sem_wait(&bench->late);
        say(out, "{\"call\": @, \"results\": [1]}", number);
        break;
    case WRONG_NUMBER_FIRST:
        say(out, "{\"call\": 0, \"results\": [1]}", number);
        say(out, "{\"call\": @, \"results\": [2]}", number);
        break;
    case MEMORY: use_memory(bench, in, out, number); break;
    case LONG_LINE:
        for (unsigned i = 0; i < 300000; i++) {
            fputc(' ', out);
        }
        say(out, "{\"call\": @}", number);
        break;
    case NO_LINE: fputs("{\"call\"", out), fflush(out); break;
    case SILENT: break;
    default: say(out, nonsense[what - NONSENSE], number); break;
    }
}

static void serve(struct bench *bench, FILE *in, FILE *out)
{
    char line[4096];
    if (!fgets(bench->hello, sizeof(bench->hello), in)) {
        return;
    }
    while (fgets(line, sizeof(line), in)) {
        if (!*bench->first_call) {
            strcpy(bench->first_call, line);
        }
        unsigned long number = strtoul(strstr(line, "\"call\": ") + 8, NULL, 10);
        const char *args = strstr(line, "\"args\": [");
        unsigned long what = strtoul(strstr(args, ", \"") + 3, NULL, 16);
        if (what == HANG_UP) {
            return;
        }
        answer_call(bench, in, out, number, what);
    }
}

static void *peer(void *opaque)
{
    struct bench *bench = opaque;
    int fd;
    while ((fd = accept(bench->listener, NULL, NULL)) >= 0) {
        bench->connections++;
        atomic_store(&bench->connection, fd);
        FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
        serve(bench, in, out);
        fclose(out);
        atomic_store(&bench->connection, -1);
        fclose(in);
    }
    return NULL;
}

static void start_peer(struct bench *bench)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, bench->path);
    bench->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(bench->listener >= 0);
    assert_int_equal(bind(bench->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(bench->listener, 4), 0);
    assert_int_equal(pthread_create(&bench->thread, NULL, peer, bench), 0);
}

static void make(struct bench *bench, const char *failure, unsigned timeout_ms)
{
    char timeout[12];
    snprintf(timeout, sizeof(timeout), "%u", timeout_ms);
    const struct fake_setting keys[] = {
        {"socket", bench->path}, {"timeout-ms", timeout}, {"failure", failure}, {0}};
    bench->fake = fake_new(keys, 2);
    bench->fake->has_claim_key = true;
    fake_create_service(bench->fake);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    strcpy(bench->folder, "/tmp/el4-test-remote-XXXXXX");
    if (!mkdtemp(bench->folder)) {
        return -1;
    }
    snprintf(bench->path, sizeof(bench->path), "%s/socket", bench->folder);
    bench->listener = bench->connection = -1;
    sem_init(&bench->late, 0, 0);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    if (bench->listener >= 0) {
        /* A test that failed has not hung up; the peer must come to its end all the same. */
        shutdown(atomic_load(&bench->connection), SHUT_RDWR);
        sem_post(&bench->late);
        shutdown(bench->listener, SHUT_RDWR);
        pthread_join(bench->thread, NULL);
        close(bench->listener);
    }
    sem_destroy(&bench->late);
    unlink(bench->path);
    rmdir(bench->folder);
    free(bench);
    return 0;
}

static int64_t smc(struct bench *bench, uint64_t what)
{
    return service_smc(bench->fake, 0, ID, what, 0, 0);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void assert_said(struct bench *bench, const char *text)
{
    if (!strstr(bench->fake->log, text)) {
        print_error("'%s' is not in '%s'\n", text, bench->fake->log);
        fail();
    }
}

/* ---- tests ---- */

static void verdicts(void **state)
{
    struct bench *bench = *state;
    start_peer(bench);
    make(bench, "unknown", LONG_MS);
    assert_int_equal(smc(bench, ANSWER), 42);
    assert_string_equal(bench->hello, "{\"hello\": \"el4\", \"protocol\": 1, \"cpus\": 2}\n");
    assert_string_equal(
        bench->first_call,
        "{\"call\": 1, \"id\": \"0xc2000000\", \"conduit\": \"smc\", \"caller\": \"ns-el1\", "
        "\"cpu\": 0, \"el\": 1, \"secure\": false, \"aarch32\": false, \"hint\": false, "
        "\"immediate\": 0, \"selector\": 0, \"args\": [\"0xc2000000\", \"0x0\", \"0x0\", "
        "\"0x0\", \"0x4\", \"0x5\", \"0x6\", \"0x7\", \"0x0\", \"0x0\", \"0x0\", \"0x0\", "
        "\"0x0\", \"0x0\", \"0x0\", \"0x0\", \"0x0\", \"0x0\"]}\n");
    struct el4_call call = service_make_call(0, ID, PASS, 0, 0);
    assert_int_equal(service_call(bench->fake, &call), EL4_PASS);
    call = service_make_call(0, ID, TRAP, 0, 0);
    assert_int_equal(service_call(bench->fake, &call), EL4_TRAP);
    call = service_make_call(1, ID, RESULTS, 0, 0);
    assert_int_equal(service_call(bench->fake, &call), EL4_HANDLED);
    assert_int_equal(call.result_mask, 0x1d);
    assert_true(call.results[0] == UINT64_MAX && call.results[2] == UINT64_MAX - 1);
    assert_true(call.results[3] == UINT64_MAX && call.results[4] == 9007199254740993);
    assert_int_equal(smc(bench, WRONG_NUMBER_FIRST), 2);
    assert_int_equal(bench->connections, 1);
    assert_int_equal(bench->fake->log_count[EL4_LOG_WARNING], 0);
    fake_free(bench->fake);
}

static void no_peer(void **state)
{
    struct bench *bench = *state;
    make(bench, "unknown", LONG_MS);
    assert_int_equal(smc(bench, ANSWER), -1);
    assert_int_equal(smc(bench, ANSWER), -1);
    assert_said(bench, bench->path);
    assert_int_equal(bench->fake->log_count[EL4_LOG_WARNING], 1);
    /* It comes later. */
    start_peer(bench);
    assert_int_equal(smc(bench, ANSWER), 42);
    fake_free(bench->fake);
}

static void failure_verdicts(void **state)
{
    static const char *const names[] = {"pass", "trap"};
    static const enum el4_verdict wanted[] = {EL4_PASS, EL4_TRAP};
    struct bench *bench = *state;
    for (unsigned i = 0; i < 2; i++) {
        make(bench, names[i], LONG_MS);
        struct el4_call call = service_make_call(0, ID, 0, 0, 0);
        assert_int_equal(service_call(bench->fake, &call), wanted[i]);
        assert_int_equal(call.result_mask, 0);
        fake_free(bench->fake);
    }
}

/* What it comes to when the peer is asked again; on a busy host more than one answer may be
 * late. */
static int64_t smc_when_asked_again(struct bench *bench)
{
    double end = seconds() + LONG_MS / 1000.0;
    int64_t result;
    while ((result = smc(bench, ANSWER)) == -1 && seconds() < end) {
        sleep_ms(10);
    }
    return result;
}

/* A silent peer costs one time-out; then it is left alone for ten. */
static void silence(void **state)
{
    struct bench *bench = *state;
    start_peer(bench);
    make(bench, "unknown", SHORT_MS);
    double start = seconds();
    assert_int_equal(smc(bench, SILENT), -1);
    assert_true(seconds() - start >= SHORT_MS / 1000.0);
    assert_said(bench, "took too long");
    start = seconds();
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(smc(bench, ANSWER), -1);
    }
    assert_true(seconds() - start < 9 * SHORT_MS / 1000.0);
    assert_int_equal(bench->connections, 1);
    assert_int_equal(smc_when_asked_again(bench), 42);
    assert_true(seconds() - start >= 9 * SHORT_MS / 1000.0);
    fake_free(bench->fake);
}

/* Or until its answer is there. */
static void late_answer(void **state)
{
    struct bench *bench = *state;
    start_peer(bench);
    make(bench, "unknown", 5 * SHORT_MS);
    assert_int_equal(smc(bench, LATE), -1);
    double start = seconds();
    assert_int_equal(smc(bench, ANSWER), -1);
    sem_post(&bench->late);
    assert_int_equal(smc_when_asked_again(bench), 42); /* and not the late 1 */
    assert_true(seconds() - start < 9 * 5 * SHORT_MS / 1000.0);
    fake_free(bench->fake);
}

/* A line that does not end is no answer. */
static void half_a_line(void **state)
{
    struct bench *bench = *state;
    start_peer(bench);
    make(bench, "unknown", SHORT_MS);
    assert_int_equal(smc(bench, NO_LINE), -1);
    assert_said(bench, "took too long");
    fake_free(bench->fake);
}

static void death(void **state)
{
    struct bench *bench = *state;
    start_peer(bench);
    make(bench, "unknown", LONG_MS);
    assert_int_equal(smc(bench, ANSWER), 42);
    assert_int_equal(smc(bench, HANG_UP), -1);
    assert_said(bench, "closed the connection");
    assert_int_equal(smc(bench, ANSWER), 42);
    assert_int_equal(bench->connections, 2);
    fake_free(bench->fake);
}

static void long_line(void **state)
{
    struct bench *bench = *state;
    start_peer(bench);
    make(bench, "unknown", LONG_MS);
    assert_int_equal(smc(bench, LONG_LINE), -1);
    assert_said(bench, "256 KiB");
    assert_int_equal(smc(bench, ANSWER), 42);
    fake_free(bench->fake);
}

static void nonsenses(void **state)
{
    struct bench *bench = *state;
    start_peer(bench);
    make(bench, "unknown", LONG_MS);
    for (unsigned i = 0; i < NONSENSES; i++) {
        unsigned warnings = bench->fake->log_count[EL4_LOG_WARNING];
        assert_int_equal(smc(bench, NONSENSE + i), -1);
        if (bench->fake->log_count[EL4_LOG_WARNING] != warnings + 1) {
            fail_msg("'%s' was taken", nonsense[i]);
        }
        assert_int_equal(smc(bench, ANSWER), 42);
    }
    assert_int_equal(bench->connections, NONSENSES + 1);
    fake_free(bench->fake);
}

static void memory(void **state)
{
    struct bench *bench = *state;
    start_peer(bench);
    make(bench, "unknown", LONG_MS);
    uint8_t ram[] = {1, 2, 0x3f, 4};
    bench->fake->ram = ram;
    bench->fake->ram_base = 0x1000;
    bench->fake->ram_bytes = sizeof(ram);
    assert_int_equal(smc(bench, MEMORY), 5);
    assert_string_equal(bench->memory[0], "{\"data\": \"01023f04\"}\n");
    assert_string_equal(bench->memory[1], "{\"written\": true}\n");
    assert_string_equal(bench->memory[2], "{\"data\": null}\n");
    assert_string_equal(bench->memory[3], "{\"written\": false}\n");
    assert_memory_equal(ram, ((const uint8_t[]){1, 2, 0xaa, 0xbb}), 4);
    fake_free(bench->fake);
}

static void wrong_configuration(void **state)
{
    char path[200];
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    const struct fake_setting keys[] = {{"socket", path}, {0}};
    struct el4_instance *fake = fake_new(keys, 1);
    fake->has_claim_key = true;
    assert_false(fake_try_create_service(fake));
    assert_non_null(strstr(fake->failure, "socket: a path of over 107 bytes"));
    fake_free(fake);

    const struct fake_setting short_path[] = {{"socket", "/x"}, {0}};
    fake = fake_new(short_path, 1);
    assert_false(fake_try_create_service(fake));
    assert_non_null(strstr(fake->failure, "say which function ids"));
    fake_free(fake);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* the peer's: el4 hangs up on nonsense */
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(verdicts),
        TEST(no_peer),
        TEST(failure_verdicts),
        TEST(silence),
        TEST(late_answer),
        TEST(half_a_line),
        TEST(death),
        TEST(long_line),
        TEST(nonsenses),
        TEST(memory),
        cmocka_unit_test(wrong_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
