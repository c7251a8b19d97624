/* SPDX-License-Identifier: MIT */
/*
 * The runner (runner.h): one loop, woken by signals (a process of a cell has ended, the user
 * has had enough), by pipes and by time. A result goes through two queues: what the journal has
 * not taken yet, and what it has taken but is not on the disk yet. Only then it is told of.
 * While the journal takes nothing, no cell is started.
 */
#include "runner.h"

#include <errno.h>
#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capacity.h"
#include "process.h"
#include "shared.h"

/* Syncing takes as long as many a cell: one for all that came in such a time. */
#define SYNC_INTERVAL (G_USEC_PER_SEC / 10)
/* Between two attempts at a journal that has no room. */
#define STALL_INTERVAL G_USEC_PER_SEC
/* The longest time that the loop sleeps. */
#define TICK (G_USEC_PER_SEC / 10)

/* An attempt at a cell, from when it is due to when it is told of. */
struct attempt {
    const struct el4_matrix_cell *cell;
    char *inputs; /* NULL: they can't be read */
    unsigned number, last_number;
    struct group *group;                /* that it starts with; NULL: on its own */
    bool is_forked;                     /* it did */
    struct el4_matrix_process *process; /* while it runs */
    struct el4_matrix_result *result;   /* when it has run */
};

/* Cells that start as one, while that is so for any of them. */
struct group {
    struct el4_matrix_shared *shared;
    GQueue waiting; /* struct attempt: until it is ready */
    const struct el4_matrix_cell *first;
    guint left;   /* attempts that are to be forked from it yet */
    bool is_told; /* that it is no use */
};

struct runner {
    const GPtrArray *cells;
    guint next;          /* in cells */
    GHashTable *sharing; /* el4_matrix_share_groups() of those that were not begun */
    GPtrArray *groups;   /* struct group: those that live */
    GQueue ready;        /* struct attempt: to be started before all others */
    const struct el4_matrix_runner_options *options;
    struct el4_matrix_journal *journal;
    struct el4_matrix_progress *progress;
    struct el4_matrix_digester *digester;
    struct el4_matrix_capacity *capacity;
    struct el4_matrix_starter *starter;
    unsigned jobs;
    int signal_fd;
    GPtrArray *running; /* struct attempt */
    GQueue again;       /* struct attempt: further ones, run after all first ones */
    GQueue unwritten, unsynced;
    int64_t last_sync;
    int64_t stalled_since, next_try; /* 0: the journal takes results */
    int ended_by;                    /* a signal; 0: none */
};

static void attempt_free(void *data)
{
    struct attempt *attempt = data;
    if (attempt->process) {
        el4_matrix_process_abandon(attempt->process);
    }
    el4_matrix_result_free(attempt->result);
    g_free(attempt->inputs);
    g_free(attempt);
}

static void group_free(void *data)
{
    struct group *group = data;
    el4_matrix_shared_end(group->shared);
    g_queue_clear_full(&group->waiting, attempt_free);
    g_free(group);
}

static bool is_last(const struct attempt *attempt)
{
    return el4_matrix_outcome_is_good(attempt->result->outcome) ||
           attempt->number >= attempt->last_number;
}

/* ---- which attempts ---- */

/* What an earlier run left to do of the cell; NULL, and told of, if that is nothing. */
static struct attempt *attempt_of(struct runner *runner, const struct el4_matrix_cell *cell)
{
    const struct el4_matrix_results *before = runner->options->before;
    const struct el4_matrix_result *last =
        before ? g_hash_table_lookup(before->last, cell->name) : NULL;
    char *inputs = el4_matrix_inputs(runner->digester, cell, NULL);
    struct attempt *attempt = g_new0(struct attempt, 1);
    attempt->cell = cell;
    attempt->inputs = inputs;
    attempt->number = 1;
    attempt->last_number = 1 + cell->retries;
    if (!last || !inputs || g_strcmp0(last->inputs, inputs) != 0) {
        return attempt;
    }
    bool is_good = el4_matrix_outcome_is_good(last->outcome);
    attempt->number = last->attempt + 1;
    if (!is_good && runner->options->failed_again) {
        attempt->last_number = attempt->number + cell->retries;
    } else if (is_good || attempt->number > attempt->last_number) {
        el4_matrix_progress_add(runner->progress, last, true, true);
        attempt_free(attempt);
        return NULL;
    }
    return attempt;
}

/* ---- cells that start as one ---- */

/* Begin all cells that start as this one does, which are then no more in runner->sharing. */
static void begin_group(struct runner *runner, GPtrArray *cells)
{
    struct group *group = g_new0(struct group, 1);
    g_autoptr(GError) error = NULL;
    g_ptr_array_ref(cells);
    group->first = g_ptr_array_index(cells, 0);
    for (guint i = 0; i < cells->len; i++) {
        struct attempt *attempt = attempt_of(runner, g_ptr_array_index(cells, i));
        g_hash_table_insert(runner->sharing, g_ptr_array_index(cells, i), NULL);
        if (attempt) {
            attempt->group = group;
            g_queue_push_tail(&group->waiting, attempt);
        }
    }
    group->left = group->waiting.length;
    group->shared = group->left > 1
                        ? el4_matrix_shared_start(el4_matrix_starter_spawner(runner->starter),
                                                  cells, &error)
                        : NULL;
    g_ptr_array_unref(cells);
    if (group->shared) {
        g_ptr_array_add(runner->groups, group);
        return;
    }
    struct attempt *attempt;
    while ((attempt = g_queue_pop_head(&group->waiting))) {
        attempt->group = NULL;
        g_queue_push_tail(&runner->ready, attempt);
    }
    g_free(group);
}

/* It is ready, or never will be: its cells wait no more. */
static void release(struct runner *runner, struct group *group)
{
    const char *problem = el4_matrix_shared_problem(group->shared);
    struct attempt *attempt;
    if (problem && !group->is_told) {
        group->is_told = true;
        el4_matrix_progress_say(runner->progress,
                                "%s, and those like it: %u cells start on their own: %s",
                                group->first->name, group->left, problem);
    }
    while ((attempt = g_queue_pop_head(&group->waiting))) {
        g_queue_push_tail(&runner->ready, attempt);
    }
}

/* One attempt less is to be forked from it. */
static void leave_group(struct runner *runner, struct attempt *attempt)
{
    struct group *group = attempt->group;
    attempt->group = NULL;
    if (group && --group->left == 0) {
        g_ptr_array_remove_fast(runner->groups, group);
    }
}

static guint count_starting(const struct runner *runner)
{
    guint count = 0;
    for (guint i = 0; i < runner->groups->len; i++) {
        count +=
            ((const struct group *)g_ptr_array_index(runner->groups, i))->waiting.length > 0;
    }
    return count;
}

static void read_groups(struct runner *runner)
{
    for (guint i = 0; i < runner->groups->len; i++) {
        struct group *group = g_ptr_array_index(runner->groups, i);
        el4_matrix_shared_read(group->shared);
        if (el4_matrix_shared_is_ready(group->shared) ||
            el4_matrix_shared_problem(group->shared)) {
            release(runner, group);
        }
    }
}

/* ---- which is next ---- */

/* NULL: none now; those of a group that was begun come when it is ready. */
static struct attempt *next_attempt(struct runner *runner)
{
    if (runner->ready.length) {
        return g_queue_pop_head(&runner->ready);
    }
    while (runner->next < runner->cells->len) {
        struct el4_matrix_cell *cell = g_ptr_array_index(runner->cells, runner->next++);
        gpointer alike = NULL;
        if (g_hash_table_lookup_extended(runner->sharing, cell, NULL, &alike)) {
            if (alike) {
                begin_group(runner, alike);
                return g_queue_pop_head(&runner->ready);
            }
            continue; /* it was begun with others */
        }
        struct attempt *attempt = attempt_of(runner, cell);
        if (attempt) {
            return attempt;
        }
    }
    return g_queue_pop_head(&runner->again);
}

static bool has_more(const struct runner *runner)
{
    return runner->next < runner->cells->len || runner->ready.length || runner->again.length;
}

/* ---- starting ---- */

static bool has_room(struct runner *runner)
{
    guint busy = runner->running->len + count_starting(runner);
    if (!busy) {
        return true;
    }
    if (busy >= runner->jobs) {
        return false;
    }
    if (runner->options->jobs) {
        return true;
    }
    g_autoptr(GArray) pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
    for (guint i = 0; i < runner->running->len; i++) {
        const struct attempt *attempt = g_ptr_array_index(runner->running, i);
        pid_t pid = el4_matrix_process_pid(attempt->process);
        g_array_append_val(pids, pid);
    }
    return el4_matrix_capacity_has_memory(runner->capacity, pids);
}

/* Start it, on its own if it can't be forked from where its group started. */
static bool start(struct runner *runner, struct attempt *attempt, GError **error)
{
    struct el4_matrix_shared *shared = attempt->group ? attempt->group->shared : NULL;
    if (shared && el4_matrix_shared_is_ready(shared)) {
        attempt->process =
            el4_matrix_process_start(runner->starter, attempt->cell, shared, NULL);
        attempt->is_forked = attempt->process != NULL;
        if (!attempt->process) {
            release(runner, attempt->group);
        }
    }
    leave_group(runner, attempt);
    if (!attempt->process) {
        attempt->process =
            el4_matrix_process_start(runner->starter, attempt->cell, NULL, error);
    }
    return attempt->process != NULL;
}

/* False and *error if nothing can be started though nothing runs. */
static bool start_some(struct runner *runner, GError **error)
{
    while (has_more(runner) && !runner->stalled_since && has_room(runner)) {
        struct attempt *attempt = next_attempt(runner);
        if (!attempt) {
            continue;
        }
        g_autoptr(GError) problem = NULL;
        if (start(runner, attempt, &problem)) {
            g_ptr_array_add(runner->running, attempt);
            continue;
        }
        g_queue_push_head(&runner->ready, attempt);
        if (!runner->running->len) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return false;
        }
        break; /* when one of those that run has ended there may be what is missing */
    }
    return true;
}

/* ---- waiting ---- */

static int64_t wake_time(const struct runner *runner, int64_t now)
{
    int64_t wake = now + TICK;
    for (guint i = 0; i < runner->running->len; i++) {
        const struct attempt *attempt = g_ptr_array_index(runner->running, i);
        wake = MIN(wake, el4_matrix_process_deadline(attempt->process));
    }
    for (guint i = 0; i < runner->groups->len; i++) {
        const struct group *group = g_ptr_array_index(runner->groups, i);
        wake = MIN(wake, el4_matrix_shared_deadline(group->shared));
    }
    return MAX(wake, now);
}

static void wait_for_something(struct runner *runner)
{
    guint cells = 1 + runner->running->len * EL4_MATRIX_PROCESS_PIPES;
    guint count = cells + runner->groups->len * EL4_MATRIX_SHARED_FILES;
    g_autofree struct pollfd *fds = g_new0(struct pollfd, count);
    fds[0] = (struct pollfd){.fd = runner->signal_fd, .events = POLLIN};
    for (guint i = 0; i < runner->running->len; i++) {
        const struct attempt *attempt = g_ptr_array_index(runner->running, i);
        el4_matrix_process_poll(attempt->process, &fds[1 + i * EL4_MATRIX_PROCESS_PIPES]);
    }
    for (guint i = 0; i < runner->groups->len; i++) {
        const struct group *group = g_ptr_array_index(runner->groups, i);
        el4_matrix_shared_poll(group->shared, &fds[cells + i * EL4_MATRIX_SHARED_FILES]);
    }
    int64_t now = g_get_monotonic_time();
    int64_t sleep_ms = (wake_time(runner, now) - now + 999) / 1000;
    if (poll(fds, count, (int)sleep_ms) <= 0) {
        return;
    }
    for (guint i = 0; i < runner->running->len; i++) {
        const struct attempt *attempt = g_ptr_array_index(runner->running, i);
        const struct pollfd *pipes = &fds[1 + i * EL4_MATRIX_PROCESS_PIPES];
        if (pipes[0].revents || pipes[1].revents) {
            el4_matrix_process_read(attempt->process);
        }
    }
}

static void take_signals(struct runner *runner)
{
    struct signalfd_siginfo info;
    while (read(runner->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo != SIGCHLD) {
            runner->ended_by = (int)info.ssi_signo;
        }
    }
}

/* ---- ending ---- */

static void finish(struct runner *runner, guint place)
{
    struct attempt *attempt = g_ptr_array_steal_index_fast(runner->running, place);
    bool broke_off;
    attempt->result = el4_matrix_process_finish(g_steal_pointer(&attempt->process), &broke_off);
    if (attempt->is_forked && broke_off) {
        /* What is told of a crash is what a process of its own does. */
        attempt->is_forked = false;
        g_clear_pointer(&attempt->result, el4_matrix_result_free);
        g_queue_push_tail(&runner->ready, attempt);
        return;
    }
    attempt->result->attempt = attempt->number;
    attempt->result->inputs = g_strdup(attempt->inputs);
    el4_matrix_capacity_learn(runner->capacity, attempt->result->peak_bytes);
    g_queue_push_tail(&runner->unwritten, attempt);
    if (!is_last(attempt)) {
        struct attempt *another = g_new0(struct attempt, 1);
        another->cell = attempt->cell;
        another->inputs = g_strdup(attempt->inputs);
        another->number = attempt->number + 1;
        another->last_number = attempt->last_number;
        g_queue_push_tail(&runner->again, another);
    }
}

/* A process of a cell, of a group, or one that such a one left behind: orphans come to us. */
static void take_end(struct runner *runner, pid_t pid)
{
    if (el4_matrix_starter_reap(runner->starter, pid)) {
        return;
    }
    for (guint i = 0; i < runner->running->len; i++) {
        const struct attempt *attempt = g_ptr_array_index(runner->running, i);
        if (el4_matrix_process_pid(attempt->process) == pid) {
            finish(runner, i);
            return;
        }
    }
    for (guint i = 0; i < runner->groups->len; i++) {
        const struct group *group = g_ptr_array_index(runner->groups, i);
        if (el4_matrix_shared_pid(group->shared) == pid) {
            el4_matrix_shared_reap(group->shared);
            return;
        }
    }
    waitpid(pid, NULL, WNOHANG);
}

static void take_ends(struct runner *runner)
{
    siginfo_t info = {0};
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid) {
        take_end(runner, info.si_pid);
        info.si_pid = 0;
    }
}

static void kill_late_ones(struct runner *runner)
{
    int64_t now = g_get_monotonic_time();
    for (guint i = 0; i < runner->running->len; i++) {
        struct attempt *attempt = g_ptr_array_index(runner->running, i);
        if (now >= el4_matrix_process_deadline(attempt->process)) {
            el4_matrix_process_kill_late(attempt->process);
        }
    }
}

/* ---- the journal ---- */

static bool write_results(struct runner *runner, GError **error)
{
    struct attempt *attempt;
    while ((attempt = g_queue_peek_head(&runner->unwritten))) {
        if (!el4_matrix_journal_write(runner->journal, attempt->result, error)) {
            return false;
        }
        g_queue_push_tail(&runner->unsynced, g_queue_pop_head(&runner->unwritten));
    }
    return true;
}

static bool sync_results(struct runner *runner, GError **error)
{
    struct attempt *attempt;
    if (!runner->unsynced.length) {
        return true;
    }
    runner->last_sync = g_get_monotonic_time();
    if (!el4_matrix_journal_sync(runner->journal, error)) {
        /* The journal has dropped them: they are to be written once more, in their order. */
        while ((attempt = g_queue_pop_tail(&runner->unsynced))) {
            g_queue_push_head(&runner->unwritten, attempt);
        }
        return false;
    }
    while ((attempt = g_queue_pop_head(&runner->unsynced))) {
        el4_matrix_progress_add(runner->progress, attempt->result, is_last(attempt), false);
        attempt_free(attempt);
    }
    return true;
}

static bool wants_sync(const struct runner *runner)
{
    return !runner->running->len || g_get_monotonic_time() >= runner->last_sync + SYNC_INTERVAL;
}

/* What the journal has taken is kept even if it takes no more. */
static bool keep_results(struct runner *runner, GError **error)
{
    bool written = write_results(runner, error);
    bool synced = !wants_sync(runner) || sync_results(runner, written ? error : NULL);
    return written && synced;
}

static void tell_stall(struct runner *runner, const GError *problem)
{
    if (!runner->stalled_since) {
        runner->stalled_since = g_get_monotonic_time();
        el4_matrix_progress_say(runner->progress,
                                "%s; no cell is started until there is room, for which the "
                                "run waits %g s",
                                problem->message, runner->options->room_seconds);
    }
    runner->next_try = g_get_monotonic_time() + STALL_INTERVAL;
}

/* Results to the disk; false and *error if that failed for too long. */
static bool keep_or_wait(struct runner *runner, GError **error)
{
    if (runner->stalled_since && g_get_monotonic_time() < runner->next_try) {
        return true;
    }
    g_autoptr(GError) problem = NULL;
    if (keep_results(runner, &problem)) {
        if (runner->stalled_since) {
            el4_matrix_progress_say(runner->progress, "results can be written again");
            runner->stalled_since = 0;
        }
        return true;
    }
    tell_stall(runner, problem);
    double waited = (double)(g_get_monotonic_time() - runner->stalled_since) / G_USEC_PER_SEC;
    if (waited < runner->options->room_seconds) {
        return true;
    }
    g_propagate_error(error, g_steal_pointer(&problem));
    g_prefix_error(error, "%u results are not kept, as there is still no room: ",
                   runner->unwritten.length);
    return false;
}

/* ---- the loop ---- */

static bool is_done(const struct runner *runner)
{
    return !has_more(runner) && !runner->running->len && !runner->groups->len &&
           !runner->unwritten.length && !runner->unsynced.length;
}

/* End early: those that run are as if they had never been started. */
static void stop(struct runner *runner, GError **error)
{
    g_ptr_array_set_size(runner->running, 0);
    g_autoptr(GError) problem = NULL;
    bool kept = keep_results(runner, &problem);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "ended by %s%s%s",
                g_strsignal(runner->ended_by), kept ? "" : "; ", kept ? "" : problem->message);
}

static bool run(struct runner *runner, GError **error)
{
    while (!is_done(runner)) {
        if (!start_some(runner, error)) {
            return false;
        }
        if (runner->running->len || runner->groups->len || runner->stalled_since) {
            wait_for_something(runner);
        }
        take_signals(runner);
        if (runner->ended_by) {
            stop(runner, error);
            return false;
        }
        take_ends(runner);
        kill_late_ones(runner);
        read_groups(runner);
        /* Others run meanwhile. */
        if (!start_some(runner, error) || !keep_or_wait(runner, error)) {
            return false;
        }
        el4_matrix_progress_tick(runner->progress,
                                 runner->running->len + count_starting(runner));
    }
    return true;
}

/* ---- the whole ---- */

static void fill_signals(sigset_t *signals)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    sigemptyset(signals);
    sigaddset(signals, SIGCHLD);
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        struct sigaction action;
        /* nohup, and a shell's & in a script, have us ignore some. Blocked, they would come. */
        if (sigaction(ends[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN) {
            sigaddset(signals, ends[i]);
        }
    }
}

static bool set_up(struct runner *runner, const sigset_t *signals, GError **error)
{
    runner->signal_fd = signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (runner->signal_fd < 0) {
        int number = errno;
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(number),
                    "signals can't be waited for: %s", g_strerror(number));
        return false;
    }
    return true;
}

static void clean_up(struct runner *runner)
{
    g_ptr_array_unref(runner->running);
    g_queue_clear_full(&runner->again, attempt_free);
    g_queue_clear_full(&runner->ready, attempt_free);
    g_ptr_array_unref(runner->groups);
    g_hash_table_unref(runner->sharing);
    g_queue_clear_full(&runner->unwritten, attempt_free);
    g_queue_clear_full(&runner->unsynced, attempt_free);
    if (runner->signal_fd >= 0) {
        close(runner->signal_fd);
    }
    el4_matrix_capacity_free(runner->capacity);
    el4_matrix_digester_free(runner->digester);
}

bool el4_matrix_run_cells(const GPtrArray *cells, struct el4_matrix_starter *starter,
                          struct el4_matrix_journal *journal,
                          const struct el4_matrix_runner_options *options,
                          struct el4_matrix_progress *progress, GError **error)
{
    struct runner runner = {
        .cells = cells,
        .starter = starter,
        .options = options,
        .journal = journal,
        .progress = progress,
        .digester = el4_matrix_digester_new(),
        .capacity = el4_matrix_capacity_new(),
        .running = g_ptr_array_new_with_free_func(attempt_free),
        .groups = g_ptr_array_new_with_free_func(group_free),
        .sharing = el4_matrix_share_groups(cells),
        .signal_fd = -1,
    };
    runner.jobs = options->jobs ? options->jobs : el4_matrix_capacity_cpus(runner.capacity);
    sigset_t signals, before;
    fill_signals(&signals);
    sigprocmask(SIG_BLOCK, &signals, &before);
    /* A file that may grow no more is a failed write, not the end. */
    void (*on_large_file)(int) = signal(SIGXFSZ, SIG_IGN);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    bool good = set_up(&runner, &signals, error) && run(&runner, error);
    /* Whatever it failed by, a cell that has ended is not to run again. */
    keep_results(&runner, NULL);
    clean_up(&runner);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    signal(SIGXFSZ, on_large_file);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return good;
}
