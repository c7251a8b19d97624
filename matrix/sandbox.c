/* SPDX-License-Identifier: MIT */
/*
 * The sandbox (sandbox.h). The list names what may be called; what it does not name does not
 * exist (ENOSYS), so that libraries fall back as they do on older kernels; what would reach
 * out of the process is refused (EPERM).
 *
 * libseccomp takes longer to make a filter than many a cell runs. So it makes the filters once,
 * and each process only hands one to the kernel. The one rule that differs, that signals go to
 * the process itself, is a second, tiny filter; of two filters the stricter answer counts.
 */
#include "sandbox.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <gio/gio.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <math.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

struct el4_matrix_sandbox {
    struct sock_fprog without_network, with_network;
};

/* ---- the lists ---- */

static const char *const allowed[] = {
    /* files */
    "access",
    "chmod",
    "close",
    "close_range",
    "copy_file_range",
    "dup",
    "dup2",
    "dup3",
    "faccessat",
    "faccessat2",
    "fadvise64",
    "fallocate",
    "fchmod",
    "fcntl",
    "fdatasync",
    "flock",
    "fstat",
    "fstatfs",
    "fsync",
    "ftruncate",
    "getcwd",
    "getdents64",
    "lseek",
    "lstat",
    "memfd_create",
    "newfstatat",
    "open",
    "openat",
    "pipe",
    "pipe2",
    "pread64",
    "preadv",
    "pwrite64",
    "pwritev",
    "read",
    "readlink",
    "readlinkat",
    "readv",
    "rename",
    "renameat",
    "renameat2",
    "stat",
    "statfs",
    "statx",
    "sync_file_range",
    "umask",
    "unlink",
    "unlinkat",
    "write",
    "writev",
    /* memory */
    "brk",
    "madvise",
    "membarrier",
    "mincore",
    "mmap",
    "mprotect",
    "mremap",
    "msync",
    "munmap",
    /* threads; clone has a rule of its own */
    "exit",
    "exit_group",
    "futex",
    "get_robust_list",
    "getpid",
    "getppid",
    "gettid",
    "rseq",
    "sched_get_priority_max",
    "sched_get_priority_min",
    "sched_getaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "sched_yield",
    "set_robust_list",
    "set_tid_address",
    /* signals; the second filter looks at whom they go to */
    "kill",
    "pause",
    "restart_syscall",
    "rt_sigaction",
    "rt_sigpending",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigsuspend",
    "rt_sigtimedwait",
    "sigaltstack",
    "signalfd4",
    "tgkill",
    /* waiting and time */
    "clock_getres",
    "clock_gettime",
    "clock_nanosleep",
    "epoll_create1",
    "epoll_ctl",
    "epoll_pwait",
    "epoll_pwait2",
    "epoll_wait",
    "eventfd2",
    "gettimeofday",
    "nanosleep",
    "poll",
    "ppoll",
    "pselect6",
    "select",
    "time",
    "timerfd_create",
    "timerfd_gettime",
    "timerfd_settime",
    "times",
    /* facts */
    "getegid",
    "geteuid",
    "getgid",
    "getpgid",
    "getpgrp",
    "getrandom",
    "getrlimit",
    "getrusage",
    "getsid",
    "getuid",
    "sysinfo",
    "uname",
    /* sockets; making one has rules of its own */
    "accept",
    "accept4",
    "bind",
    "connect",
    "getpeername",
    "getsockname",
    "getsockopt",
    "listen",
    "recvfrom",
    "recvmmsg",
    "recvmsg",
    "sendmmsg",
    "sendmsg",
    "sendto",
    "setsockopt",
    "shutdown",
#if IS_SANITIZED
    "arch_prctl",
    "get_mempolicy",
    "personality",
    "setrlimit",
#endif
};

/* These exist, and are not for cells: a program that tries is told so. */
static const char *const refused[] = {
    "add_key",
    "bpf",
    "chroot",
    "delete_module",
    "execve",
    "execveat",
    "finit_module",
    "fork",
    "init_module",
    "kexec_load",
    "keyctl",
    "mount",
    "move_mount",
    "open_tree",
    "perf_event_open",
    "pidfd_getfd",
    "pidfd_open",
    "pidfd_send_signal",
    "pivot_root",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "reboot",
    "request_key",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "setns",
    "swapon",
    "tkill",
    "umount2",
    "unshare",
    "vfork",
};

/* Of terminals (consoles on ptys), streams and disks. */
static const unsigned ioctls[] = {
    TCGETS,  TCSETS,   TCSETSW,   TCSETSF,    TIOCGPTN, TIOCSPTLCK,   TIOCGPTPEER,
    FIONBIO, FIONREAD, TIOCGPGRP, TIOCGWINSZ, TIOCSBRK, BLKGETSIZE64, BLKSSZGET,
};

/* Names of threads and mappings. */
static const unsigned prctls[] = {
    PR_SET_NAME,     PR_GET_NAME,     PR_SET_VMA,
#if IS_SANITIZED
    PR_GET_DUMPABLE, PR_SET_DUMPABLE, PR_SET_PTRACER,
#endif
};

/* The first is of this host; the others are the network. */
static const unsigned families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

/* ---- making a filter ---- */

/* Add a rule for a call by its name; no failure if this architecture does not have it. */
static int add_rule(scmp_filter_ctx filter, uint32_t action, const char *name,
                    unsigned conditions, const struct scmp_arg_cmp *condition)
{
    int number = seccomp_syscall_resolve_name(name);
    if (number < 0) {
        return 0;
    }
    return seccomp_rule_add_array(filter, action, number, conditions, condition);
}

static int add_calls(scmp_filter_ctx filter)
{
    int failure = 0;
    for (size_t i = 0; !failure && i < G_N_ELEMENTS(allowed); i++) {
        failure = add_rule(filter, SCMP_ACT_ALLOW, allowed[i], 0, NULL);
    }
    for (size_t i = 0; !failure && i < G_N_ELEMENTS(refused); i++) {
        failure = add_rule(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0, NULL);
    }
    return failure;
}

/* A call with one of these values as its argument of that number, of 32 bits. */
static int add_choices(scmp_filter_ctx filter, const char *name, unsigned argument,
                       const unsigned *values, size_t count)
{
    int failure = 0;
    for (size_t i = 0; !failure && i < count; i++) {
        const struct scmp_arg_cmp same =
            SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, values[i]);
        failure = add_rule(filter, SCMP_ACT_ALLOW, name, 1, &same);
    }
    return failure;
}

/*
 * Threads, but no processes. clone3 has its flags in memory, where no filter can see them: as
 * it does not exist (the default), libraries use clone.
 */
static int add_clone(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
    const struct scmp_arg_cmp process = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0);
    int failure = add_rule(filter, SCMP_ACT_ALLOW, "clone", 1, &thread);
    return failure ? failure : add_rule(filter, SCMP_ACT_ERRNO(EPERM), "clone", 1, &process);
}

/* Limits can be read, and not changed: those of this process alone. */
static int add_prlimit(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp reads[] = {SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0)};
    return add_rule(filter, SCMP_ACT_ALLOW, "prlimit64", IS_SANITIZED ? 1 : 2, reads);
}

static int add_sockets(scmp_filter_ctx filter, bool network)
{
    size_t count = network ? G_N_ELEMENTS(families) : 1;
    int failure = add_choices(filter, "socket", 0, families, count);
    return failure ? failure : add_choices(filter, "socketpair", 0, families, 1);
}

/* What a process that cells are forked from may do beyond that, and they at their beginning. */
static int add_forking(scmp_filter_ctx filter)
{
    static const unsigned beginnings[] = {PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS};
    const struct scmp_arg_cmp thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
    const struct scmp_arg_cmp fork = SCMP_A0(SCMP_CMP_EQ, EL4_MATRIX_SANDBOX_FORK);
    const struct scmp_arg_cmp filters = SCMP_A0(SCMP_CMP_EQ, SECCOMP_SET_MODE_FILTER);
    int failure = add_rule(filter, SCMP_ACT_ALLOW, "clone", 1, &thread);
    if (!failure) {
        failure = add_rule(filter, SCMP_ACT_ALLOW, "clone", 1, &fork);
    }
    if (!failure) {
        failure = add_rule(filter, SCMP_ACT_ALLOW, "seccomp", 1, &filters);
    }
    if (!failure) {
        failure = add_rule(filter, SCMP_ACT_ALLOW, "setsid", 0, NULL);
    }
    return failure ? failure
                   : add_choices(filter, "prctl", 0, beginnings, G_N_ELEMENTS(beginnings));
}

enum filter_kind { FILTER_WITHOUT_NETWORK, FILTER_WITH_NETWORK, FILTER_SHARED };

static int add_all(scmp_filter_ctx filter, enum filter_kind kind)
{
    int failure = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (!failure) {
        failure = add_calls(filter);
    }
    if (!failure) {
        failure = add_choices(filter, "ioctl", 1, ioctls, G_N_ELEMENTS(ioctls));
    }
    if (!failure) {
        failure = add_choices(filter, "prctl", 0, prctls, G_N_ELEMENTS(prctls));
    }
    if (!failure) {
        failure = kind == FILTER_SHARED ? add_forking(filter) : add_clone(filter);
    }
    if (!failure) {
        failure = add_prlimit(filter);
    }
    return failure ? failure : add_sockets(filter, kind == FILTER_WITH_NETWORK);
}

/* Read a filter's instructions from where libseccomp wrote them; a negative errno. */
static int read_program(int fd, struct sock_fprog *program)
{
    off_t bytes = lseek(fd, 0, SEEK_END);
    if (bytes <= 0 || bytes / sizeof(struct sock_filter) > BPF_MAXINSNS) {
        return bytes < 0 ? -errno : -EINVAL;
    }
    program->filter = g_malloc((gsize)bytes);
    program->len = (unsigned short)((size_t)bytes / sizeof(struct sock_filter));
    return pread(fd, program->filter, (size_t)bytes, 0) == bytes ? 0 : -EIO;
}

static int make_program(struct sock_fprog *program, enum filter_kind kind)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (!filter) {
        return -ENOMEM;
    }
    int fd = memfd_create("el4-seccomp", MFD_CLOEXEC);
    int failure = fd < 0 ? -errno : add_all(filter, kind);
    if (!failure) {
        failure = seccomp_export_bpf(filter, fd);
    }
    if (!failure) {
        failure = read_program(fd, program);
    }
    if (fd >= 0) {
        close(fd);
    }
    seccomp_release(filter);
    return failure;
}

struct el4_matrix_sandbox *el4_matrix_sandbox_new(GError **error)
{
    struct el4_matrix_sandbox *sandbox = g_new0(struct el4_matrix_sandbox, 1);
    int failure = make_program(&sandbox->without_network, FILTER_WITHOUT_NETWORK);
    if (!failure) {
        failure = make_program(&sandbox->with_network, FILTER_WITH_NETWORK);
    }
    if (failure) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "libseccomp can't make the filter that confines cells: %s",
                    g_strerror(-failure));
        el4_matrix_sandbox_free(sandbox);
        return NULL;
    }
    return sandbox;
}

void el4_matrix_sandbox_free(struct el4_matrix_sandbox *sandbox)
{
    if (!sandbox) {
        return;
    }
    g_free(sandbox->without_network.filter);
    g_free(sandbox->with_network.filter);
    g_free(sandbox);
}

/* ---- entering ---- */

static bool install(const struct sock_fprog *program)
{
    /* Without this flag older kernels slow all of the process down against Spectre v4; a cell
     * has no secrets from itself. */
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                   program) == 0;
}

/* kill() and tgkill() name this process, or are refused. */
static bool install_own_signals(void)
{
    const unsigned low = G_BYTE_ORDER == G_LITTLE_ENDIAN ? 0 : 4;
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kill, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]) + low),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)getpid(), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    const struct sock_fprog program = {G_N_ELEMENTS(rules), rules};
    return install(&program);
}

/* Never more than what the process had. */
static bool limit(__rlimit_resource_t resource, rlim_t most)
{
    struct rlimit now;
    if (getrlimit(resource, &now)) {
        return false;
    }
    now.rlim_max = MIN(now.rlim_max, most);
    now.rlim_cur = now.rlim_max;
    return setrlimit(resource, &now) == 0;
}

uint64_t el4_matrix_sandbox_space(void)
{
    g_autofree char *text = NULL;
    return g_file_get_contents("/proc/self/statm", &text, NULL, NULL)
               ? g_ascii_strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE)
               : 0;
}

static bool set_limits(const struct el4_matrix_limits *limits, double cpu_seconds,
                       uint64_t space)
{
    /* A sanitizer reserves terabytes, and needs them. */
    bool has_memory = limits->memory_bytes && !IS_SANITIZED;
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_CPU, (rlim_t)ceil(cpu_seconds)) &&
           limit(RLIMIT_FSIZE, limits->file_bytes) && limit(RLIMIT_NOFILE, limits->files) &&
           (!has_memory || limit(RLIMIT_AS, space + limits->memory_bytes));
}

/* After a step of entering failed; what: in words. */
static bool refuse(const char *what, GError **error)
{
    int number = errno;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(number),
                "the cell's process could not be confined: %s: %s", what, g_strerror(number));
    return false;
}

static bool enter(const struct sock_fprog *program, GError **error)
{
    return (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && install_own_signals() &&
            install(program)) ||
           refuse("the kernel does not take its seccomp filter", error);
}

bool el4_matrix_sandbox_enter(const struct el4_matrix_sandbox *sandbox,
                              const struct el4_matrix_limits *limits, double cpu_seconds,
                              uint64_t space, GError **error)
{
    if (!set_limits(limits, cpu_seconds, space)) {
        return refuse("its limits can't be set", error);
    }
    return enter(limits->network ? &sandbox->with_network : &sandbox->without_network, error);
}

bool el4_matrix_sandbox_enter_shared(const struct el4_matrix_limits *limits, double cpu_seconds,
                                     GError **error)
{
    struct sock_fprog program = {0};
    int failure = make_program(&program, FILTER_SHARED);
    if (failure) {
        errno = -failure;
        return refuse("libseccomp can't make the filter", error);
    }
    bool is_in = (set_limits(limits, cpu_seconds, el4_matrix_sandbox_space()) ||
                  refuse("its limits can't be set", error)) &&
                 enter(&program, error);
    g_free(program.filter);
    return is_in;
}

bool el4_matrix_sandbox_enter_forked(const struct el4_matrix_sandbox *sandbox, GError **error)
{
    return enter(&sandbox->without_network, error);
}
