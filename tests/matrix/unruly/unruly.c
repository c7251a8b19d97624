/* SPDX-License-Identifier: MIT */
/*
 * A service that does what a cell must not be able to harm others with. The low byte of the
 * function id says what; what it tells goes to standard output, as a console's output does.
 */
#include <el4/service.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST_ID 0x82000000u

enum {
    NOTHING,
    CRASH,
    HANG,
    FLOOD,
    EAT,
    SLEEP,
    ESCAPE,
    LARGE_FILE,
    FILES,
    LEAVE,
    FLAKY,
    ABORT
};

static void tell(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0) {
        abort();
    }
}

static void tell_number(const char *what, long number)
{
    char text[80];
    snprintf(text, sizeof(text), "%s: %ld\n", what, number);
    tell(text);
}

/* "NAME: done", or the error's name. */
static void tell_try(const char *name, bool done)
{
    int number = errno;
    char text[80];
    snprintf(text, sizeof(text), "%s: %s\n", name, done ? "done" : strerrorname_np(number));
    tell(text);
}

static void crash(void)
{
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
}

static void hang(void)
{
    for (volatile bool forever = true; forever;) {
    }
}

static void flood(void)
{
    for (;;) {
        tell("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n");
    }
}

/* Address space, which is what the limit is on: nothing is touched. */
static void eat(void)
{
    const size_t step = 16 << 20;
    long eaten = 0;
    for (; eaten < 256 && malloc(step); eaten++) {
    }
    tell_number("eaten", eaten);
}

static void sleep_a_while(void)
{
    const struct timespec time = {.tv_nsec = 300 * 1000 * 1000};
    nanosleep(&time, NULL);
}

static void *answer(void *data)
{
    return data;
}

static void try_sockets(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "there-is-none"};
    tell_try("inet", socket(AF_INET, SOCK_STREAM, 0) >= 0);
    tell_try("packet", socket(AF_PACKET, SOCK_RAW, 0) >= 0);
    int local = socket(AF_UNIX, SOCK_STREAM, 0);
    tell_try("unix", local >= 0);
    tell_try("connect", connect(local, (struct sockaddr *)&address, sizeof(address)) == 0);
    close(local);
}

/* By the number that the C library has of this thread, which a fork gives another one. */
static bool can_read_own_clock(void)
{
    clockid_t clock;
    struct timespec now;
    int failure = pthread_getcpuclockid(pthread_self(), &clock);
    errno = failure;
    return !failure && clock_gettime(clock, &now) == 0;
}

static void try_processes(void)
{
    char *const words[] = {"true", NULL};
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    tell_try("fork", child > 0);
    tell_try("execve", execve("/bin/true", words, NULL) == 0);
    tell_try("kill", kill(getppid(), 0) == 0);
    tell_try("kill-group", kill(0, 0) == 0);
    tell_try("kill-self", kill(getpid(), 0) == 0);
    tell_try("own-clock", can_read_own_clock());
    tell_try("ptrace", ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
    tell_try("mount", mount("none", "/nowhere", "tmpfs", 0, NULL) == 0);
    pthread_t thread;
    tell_try("thread", pthread_create(&thread, NULL, answer, NULL) == 0 &&
                           pthread_join(thread, NULL) == 0);
}

static void write_large_file(void)
{
    char block[4096] = {0};
    int file = open("large", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    for (int i = 0; i < 4096 && write(file, block, sizeof(block)) > 0; i++) {
    }
    tell("written\n");
}

static void open_files(void)
{
    long opened = 0;
    while (opened < 10000 && open("/dev/null", O_RDONLY) >= 0) {
        opened++;
    }
    tell_number("opened", opened);
}

/* Fails unless an earlier attempt has left its mark. */
static void be_flaky(void)
{
    int mark = open("mark", O_WRONLY | O_CREAT | O_EXCL, 0666);
    tell(mark >= 0 ? "first\n" : "second\n");
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    const struct el4_claim claim = {
        .struct_size = sizeof(claim),
        .conduits = EL4_CONDUITS_HVC,
        .callers = EL4_CALLERS_ALL,
        .first = FIRST_ID,
        .last = FIRST_ID + 0xff,
        .name = "unruly",
    };
    return host->claim(self, &claim) ? self : NULL;
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    switch (call->id - FIRST_ID) {
    case CRASH: crash(); break;
    case HANG: hang(); break;
    case FLOOD: flood(); break;
    case EAT: eat(); break;
    case SLEEP: sleep_a_while(); break;
    case ESCAPE:
        try_sockets();
        try_processes();
        break;
    case LARGE_FILE: write_large_file(); break;
    case FILES: open_files(); break;
    case LEAVE: _exit(7);
    case FLAKY: be_flaky(); break;
    case ABORT: abort();
    default: break;
    }
    el4_call_return_code(call, 0);
    return EL4_HANDLED;
}

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .call = call,
};

EL4_PLUGIN_DEFINE(unruly) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "unruly",
    .version = "1",
    .description = "Test service that crashes, hangs, floods, eats and tries to break out",
    .operations = &operations,
};
