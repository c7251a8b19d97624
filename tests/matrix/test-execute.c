/* SPDX-License-Identifier: MIT */
/*
 * One cell in this process: what is seen of small guests on the board virt, how cells end, that
 * two runs with the virtual clock see the same, and which mistakes are told with which place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../matrix/execute.h"
#include "../../matrix/judge.h"
#include "machine/machine.h"

/* ---- instructions ---- */

#define MOV(rd, value)    (0xd2800000u | (uint32_t)(value) << 5 | (rd))
#define MOVK16(rd, value) (0xf2a00000u | (uint32_t)(value) << 5 | (rd))
#define ADR(rd, insns)    (0x10000000u | (uint32_t)(insns) << 5 | (rd))
#define BRANCH(insns)     (0x14000000u | ((uint32_t)(insns)&0x3ffffffu))
#define HVC               0xd4000002u
#define WFI               0xd503207fu
#define SEMIHOSTING       0xd45e0000u /* HLT #0xf000 */

#define PSCI(n)          MOV(0, n), MOVK16(0, 0x8400), HVC
#define PSCI_VERSION     PSCI(0)
#define CPU_OFF          PSCI(2)
#define SYSTEM_OFF       PSCI(8)
#define UNKNOWN          MOV(0, 1), MOVK16(0, 0x8300), HVC
#define NOBODYS          MOV(0, 1), MOVK16(0, 0xb200), HVC
#define EXIT_EXTENDED    0x20
#define APPLICATION_EXIT 0x20026

struct fixture {
    struct el4_plugins *plugins;
    struct el4_matrix_cell cell;
    char *folder;
};

static void ignore_listing(const struct el4_plugin_listing *listing, void *data)
{
}

static int set_up(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);
    f->plugins = el4_plugins_new(NULL); /* EL4_PLUGIN_MAP says where they are */
    el4_plugins_list(f->plugins, ignore_listing, NULL);
    f->folder = g_dir_make_tmp("el4-execute-XXXXXX", NULL);
    f->cell.configs = g_ptr_array_new_with_free_func(g_free);
    f->cell.settings = g_ptr_array_new_with_free_func(g_free);
    f->cell.limits.seconds = 60;
    *state = f;
    return 0;
}

static char *path_of(const struct fixture *f, const char *name)
{
    return g_build_filename(f->folder, name, NULL);
}

static void free_path(char *path)
{
    g_unlink(path);
    g_free(path);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    el4_plugins_free(f->plugins);
    g_ptr_array_unref(f->cell.configs);
    g_ptr_array_unref(f->cell.settings);
    free_path(path_of(f, "guest.bin"));
    free_path(path_of(f, "cell.ini"));
    g_rmdir(f->folder);
    g_free(f->folder);
    g_free(f);
    return 0;
}

static void add_setting(struct fixture *f, const char *option, unsigned line)
{
    struct el4_matrix_setting *setting = g_new0(struct el4_matrix_setting, 1);
    setting->option = (char *)option;
    setting->place.file = "/some/where/m.ini";
    setting->place.line = line;
    g_ptr_array_add(f->cell.settings, setting);
}

/* The cell: its file, with a machine that repeats bit for bit unless it says otherwise. */
static void write_cell(struct fixture *f, const char *machine)
{
    g_autofree char *path = path_of(f, "cell.ini");
    g_autofree char *text = g_strdup_printf("[machine]\nboard = virt\nmemory = 64M\n%s\n"
                                            "[boot]\nkernel = guest.bin\n"
                                            "[device uart0]\nbackend = null\n",
                                            machine);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    if (!f->cell.configs->len) {
        g_ptr_array_add(f->cell.configs, g_steal_pointer(&path));
    }
}

static void write_guest(struct fixture *f, const uint32_t *words, size_t count)
{
    g_autofree char *path = path_of(f, "guest.bin");
    assert_true(g_file_set_contents(path, (const char *)(const void *)words,
                                    (gssize)(count * sizeof(*words)), NULL));
}

static struct el4_matrix_result *execute(struct fixture *f)
{
    struct el4_matrix_result *result = el4_matrix_result_new();
    struct el4_config *config = el4_matrix_config_new(NULL);
    el4_matrix_execute(&f->cell, config, f->plugins, result, NULL);
    el4_config_free(config);
    return result;
}

static struct el4_matrix_result *run(struct fixture *f, const char *machine,
                                     const uint32_t *words, size_t count)
{
    write_cell(f, machine);
    write_guest(f, words, count);
    struct el4_matrix_result *result = execute(f);
    for (guint i = 0; i < result->reasons->len; i++) {
        print_message("%s\n", (const char *)g_ptr_array_index(result->reasons, i));
    }
    return result;
}
#define RUN(f, machine, ...)                                                                   \
    run(f, machine, (const uint32_t[]){__VA_ARGS__},                                           \
        sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* Calls of that kind; each kind stands there once. */
static uint64_t count_of(const struct el4_matrix_result *result, uint32_t id,
                         const char *verdict, const char *service)
{
    uint64_t calls = 0;
    for (guint i = 0; i < result->counts->len; i++) {
        const struct el4_matrix_count *count = g_ptr_array_index(result->counts, i);
        if (count->id == id && !strcmp(count->verdict, verdict) &&
            !g_strcmp0(count->service, service)) {
            assert_int_equal(calls, 0);
            assert_string_equal(count->conduit, "hvc");
            calls = count->count;
        }
    }
    return calls;
}

static uint64_t register_of(const struct el4_matrix_result *result, guint cpu, const char *name)
{
    const struct el4_matrix_cpu *of = g_ptr_array_index(result->cpus, cpu);
    for (guint i = 0; i < of->registers->len; i++) {
        const struct el4_matrix_register *seen = g_ptr_array_index(of->registers, i);
        if (!strcmp(seen->name, name)) {
            return seen->value;
        }
    }
    fail_msg("no register %s", name);
    return 0;
}

static const char *power_of(const struct el4_matrix_result *result, guint cpu)
{
    return ((const struct el4_matrix_cpu *)g_ptr_array_index(result->cpus, cpu))->power;
}

/* ---- tests ---- */

/* Cells are forked after plugins were loaded: a thread would be lost, with its locks. */
static void plugins_make_no_thread(void **state)
{
    g_autoptr(GDir) threads = g_dir_open("/proc/self/task", 0, NULL);
    assert_non_null(threads);
    assert_non_null(g_dir_read_name(threads));
    assert_null(g_dir_read_name(threads));
}

static void sees_calls_and_cpus(void **state)
{
    struct fixture *f = *state;
    static const char *const clocks[] = {"clock = virtual\ncpus = 2", "clock = real\ncpus = 2"};
    for (size_t i = 0; i < G_N_ELEMENTS(clocks); i++) {
        struct el4_matrix_result *result =
            RUN(f, clocks[i], PSCI_VERSION, PSCI_VERSION, UNKNOWN, MOV(7, 77), SYSTEM_OFF);
        assert_int_equal(result->status, EL4_EXIT_OFF);
        assert_int_equal(result->outcome, EL4_MATRIX_PASS);
        assert_int_equal(result->guest_status, -1);
        assert_false(result->timed_out);
        assert_int_equal(count_of(result, 0x84000000, "handled", "psci"), 2);
        assert_int_equal(count_of(result, 0x84000008, "handled", "psci"), 1);
        assert_int_equal(count_of(result, 0x84000000, "handled", NULL), 0);

        assert_int_equal(result->events->len, 4);
        const struct el4_matrix_event *first = g_ptr_array_index(result->events, 0);
        const struct el4_matrix_event *second = g_ptr_array_index(result->events, 1);
        assert_string_equal(first->conduit, "hvc");
        assert_string_equal(first->verdict, "handled");
        assert_string_equal(first->service, "psci");
        assert_true(first->id == 0x84000000 && first->cpu == 0 && first->result >> 16 == 1);
        assert_true(first->ns < second->ns && second->ns <= result->machine_ns);
        assert_int_equal(result->events_dropped, 0);

        assert_int_equal(result->cpus->len, 2);
        assert_string_equal(power_of(result, 0), "on");
        assert_string_equal(power_of(result, 1), "off");
        assert_int_equal(register_of(result, 0, "x7"), 77);
        assert_int_equal(register_of(result, 0, "el"), 1);
        assert_int_equal(register_of(result, 0, "pc") - 0x40080000, 4 * 13);
        el4_matrix_result_free(result);
    }
}

static void sees_semihosting_exit(void **state)
{
    struct fixture *f = *state;
    struct el4_matrix_result *result =
        RUN(f, "clock = virtual\nsemihosting = yes", ADR(1, 4), MOV(0, EXIT_EXTENDED),
            SEMIHOSTING, BRANCH(0), APPLICATION_EXIT, 0, 7, 0);
    assert_int_equal(result->status, EL4_EXIT_GUEST);
    assert_int_equal(result->guest_status, 7);
    el4_matrix_result_free(result);
    /* Another reason, a run-time error, comes without a status. */
    result = RUN(f, "clock = virtual\nsemihosting = yes", ADR(1, 4), MOV(0, EXIT_EXTENDED),
                 SEMIHOSTING, BRANCH(0), 0x20023, 0, 0, 0);
    assert_int_equal(result->status, EL4_EXIT_GUEST);
    assert_int_equal(result->guest_status, 1);
    el4_matrix_result_free(result);
}

/* What the CPUs were doing when their time was up is seen still. */
static void ends_at_its_limit(void **state)
{
    struct fixture *f = *state;
    static const char *const clocks[] = {"clock = virtual", "clock = real"};
    f->cell.limits.seconds = 0.5;
    for (size_t i = 0; i < G_N_ELEMENTS(clocks); i++) {
        struct el4_matrix_result *result =
            RUN(f, clocks[i], MOV(9, 99), PSCI_VERSION, BRANCH(0));
        assert_int_equal(result->status, EL4_EXIT_TIMEOUT);
        assert_true(result->timed_out && !result->stuck);
        assert_int_equal(register_of(result, 0, "x9"), 99);
        assert_int_equal(register_of(result, 0, "pc") - 0x40080000, 4 * 4);
        assert_int_equal(count_of(result, 0x84000000, "handled", "psci"), 1);
        el4_matrix_result_free(result);
    }
}

/* By the machine's clock, of which time of the host is no part with the virtual one. */
static void ends_at_its_limit_of_machine_time(void **state)
{
    struct fixture *f = *state;
    static const char *const clocks[] = {"clock = virtual\ncpus = 2", "clock = real\ncpus = 2"};
    for (size_t i = 0; i < G_N_ELEMENTS(clocks); i++) {
        f->cell.limits.machine_seconds = 0.0123456789;
        struct el4_matrix_result *result = RUN(f, clocks[i], MOV(9, 99), PSCI_VERSION,
                                               0x91000673u /* add x19, x19, 1 */, BRANCH(-1));
        assert_int_equal(result->status, EL4_EXIT_TIMEOUT);
        assert_true(result->timed_out && result->machine_limit && !result->stuck);
        assert_true(result->machine_ns >= 12345679);
        if (!i) { /* a host that is busy need not come to the guest so soon */
            assert_int_equal(register_of(result, 0, "x9"), 99);
            assert_true(result->machine_ns < 12345679 + 100); /* a block is not cut */
        }
        el4_matrix_result_free(result);
        /* A WFE that nothing ends, and whose loop does: time passes all the same. */
        f->cell.limits.machine_seconds = 2;
        result = RUN(f, clocks[i], 0xd503205fu /* wfe */, BRANCH(-1));
        assert_true(result->machine_limit && result->machine_ns >= 2000000000);
        el4_matrix_result_free(result);
    }
    /* It is no timer that a CPU could wait for. */
    struct el4_matrix_result *result = RUN(f, clocks[0], WFI, BRANCH(-1));
    assert_true(result->stuck && !result->machine_limit);
    assert_true(result->machine_ns < 1000);
    el4_matrix_result_free(result);
}

/* With the virtual clock nobody waits for what cannot come. */
static void ends_when_stuck(void **state)
{
    struct fixture *f = *state;
    gint64 start = g_get_monotonic_time();
    struct el4_matrix_result *result = RUN(f, "clock = virtual\ncpus = 2", CPU_OFF);
    assert_int_equal(result->status, EL4_EXIT_TIMEOUT);
    assert_true(result->timed_out && result->stuck);
    assert_string_equal(power_of(result, 0), "off");
    el4_matrix_result_free(result);
    result = RUN(f, "clock = virtual", WFI, BRANCH(-1));
    assert_true(result->stuck);
    assert_string_equal(power_of(result, 0), "on");
    el4_matrix_result_free(result);
    assert_true(g_get_monotonic_time() - start < 30 * G_USEC_PER_SEC);
}

/* SIGTERM ends a cell; what was seen of it is no time-out. */
static void ends_when_told(void **state)
{
    struct fixture *f = *state;
    write_cell(f, "clock = real");
    write_guest(f, (const uint32_t[]){BRANCH(0)}, 1);
    pid_t child = fork();
    if (!child) {
        struct el4_matrix_result *result = execute(f);
        _exit(result->timed_out ? 99 : result->status);
    }
    g_usleep(500000);
    kill(child, SIGTERM);
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), EL4_EXIT_OFF);
}

static void events_are_bounded(void **state)
{
    struct fixture *f = *state;
    /* 1,500 calls. */
    struct el4_matrix_result *result =
        RUN(f, "clock = virtual", MOV(19, 1500), PSCI_VERSION, 0xf1000673u /* subs x19, 1 */,
            0x54ffff81u /* b.ne */, SYSTEM_OFF);
    assert_int_equal(result->status, EL4_EXIT_OFF);
    assert_int_equal(count_of(result, 0x84000000, "handled", "psci"), 1500);
    assert_int_equal(result->events->len, EL4_MATRIX_EVENTS_MAX);
    assert_int_equal(result->events_dropped, 501);
    el4_matrix_result_free(result);
}

/* All of a result but what is of the host. */
static char *repeatable(struct el4_matrix_result *result)
{
    char *json = el4_matrix_result_to_json(result);
    el4_matrix_result_free(result);
    assert_null(strstr(json, "\"started\":1"));
    return json;
}

/* Also beside others that want the host's CPUs. */
static void virtual_clock_repeats(void **state)
{
    struct fixture *f = *state;
    pid_t load[4];
    g_autofree char *first = NULL;
    for (int i = 0; i < 6; i++) {
        if (i == 3) {
            for (size_t k = 0; k < G_N_ELEMENTS(load); k++) {
                load[k] = fork();
                while (!load[k]) {
                    g_get_monotonic_time();
                }
            }
        }
        /* CPU 1 starts; both count, and CPU 0 reads the time before it ends the machine. */
        g_autofree char *json = repeatable(RUN(
            f, "clock = virtual\ncpus = 2", MOV(0, 3), MOVK16(0, 0xc400), MOV(1, 1), ADR(2, 10),
            HVC, MOVK16(19, 3) /* 196,608 times */, 0xf1000673u /* subs x19, x19, 1 */,
            0x54ffffe1u /* b.ne */, 0xd53be044u /* mrs x4, cntvct_el0 */, SYSTEM_OFF, BRANCH(0),
            /* CPU 1 */ 0x91000673u /* add x19, x19, 1 */, BRANCH(-1)));
        if (!first) {
            first = g_steal_pointer(&json);
        } else {
            assert_string_equal(json, first);
        }
    }
    for (size_t k = 0; k < G_N_ELEMENTS(load); k++) {
        kill(load[k], SIGKILL);
        waitpid(load[k], NULL, 0);
    }
}

static void expect_error(struct fixture *f, const char *reason)
{
    struct el4_matrix_result *result = execute(f);
    assert_int_equal(result->outcome, EL4_MATRIX_ERROR);
    assert_int_equal(result->status, EL4_EXIT_CONFIG);
    assert_int_equal(result->cpus->len, 0);
    assert_int_equal(result->reasons->len, 1);
    g_autoptr(GString) seen = g_string_new(g_ptr_array_index(result->reasons, 0));
    g_string_replace(seen, f->folder, "FOLDER", 0);
    assert_string_equal(seen->str, reason);
    el4_matrix_result_free(result);
}

static void mistakes_name_their_place(void **state)
{
    struct fixture *f = *state;
    write_cell(f, "");
    write_guest(f, (const uint32_t[]){BRANCH(0)}, 1);
    add_setting(f, "machine.cpus=many", 12);
    expect_error(f, "/some/where/m.ini:12: [machine] cpus: 'many' is not a number; write a "
                    "decimal or 0x number without a sign");
    g_ptr_array_set_size(f->cell.settings, 0);
    add_setting(f, "boot.kernel=guests/none.elf", 13);
    expect_error(f, "/some/where/m.ini:13: [boot] kernel: /some/where/guests/none.elf: No such "
                    "file or directory");
    g_ptr_array_set_size(f->cell.settings, 0);
    add_setting(f, "cpus=1", 0);
    expect_error(f, "-s option: 'cpus=1' is not an override; write section.key=value");
    g_ptr_array_set_size(f->cell.settings, 0);
    g_ptr_array_add(f->cell.configs, path_of(f, "none.ini"));
    expect_error(f, "FOLDER/none.ini: No such file or directory");
}

/* The judge has what it needs: as a matrix would have it. */
static void is_judged(void **state)
{
    struct fixture *f = *state;
    struct el4_matrix_expect *expect = &f->cell.expect;
    struct el4_matrix_state wanted = {
        .text = (char *)"T", .name = (char *)"x7", .value = 77, .mask = UINT64_MAX};
    expect->guest_status = -1;
    expect->must = expect->must_not = expect->in_order = expect->calls = g_ptr_array_new();
    expect->states = g_ptr_array_new();
    g_ptr_array_add(expect->states, &wanted);
    struct el4_matrix_result *result = RUN(f, "clock = virtual", MOV(7, 77), SYSTEM_OFF);
    el4_matrix_judge(expect, result);
    assert_int_equal(result->outcome, EL4_MATRIX_PASS);
    wanted.value = 78;
    el4_matrix_judge(expect, result);
    assert_int_equal(result->outcome, EL4_MATRIX_FAIL);
    el4_matrix_result_free(result);
    g_ptr_array_unref(expect->must);
    g_ptr_array_unref(expect->states);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plugins_make_no_thread),
        TEST(sees_calls_and_cpus),
        TEST(sees_semihosting_exit),
        TEST(ends_at_its_limit),
        TEST(ends_at_its_limit_of_machine_time),
        TEST(ends_when_stuck),
        TEST(ends_when_told),
        TEST(events_are_bounded),
        TEST(virtual_clock_repeats),
        TEST(mistakes_name_their_place),
        TEST(is_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
