/* SPDX-License-Identifier: MIT */
/*
 * Whether a machine can be forked (forked.h). Memory is copied by the system, and so is what is
 * read without a position; what is written to, or talks to others, can't be.
 */
#include "machine/forked.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine/private.h"

/* NULL: the file can be shared. The caller frees it. */
static char *file_problem(int fd)
{
    struct stat status;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fstat(fd, &status)) {
        return NULL; /* it is closed by now */
    }
    if (S_ISSOCK(status.st_mode)) {
        return g_strdup("a socket is open");
    }
    bool is_kept = S_ISREG(status.st_mode) || S_ISBLK(status.st_mode);
    if (!is_kept || (flags & O_ACCMODE) == O_RDONLY) {
        return NULL;
    }
    g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", fd);
    g_autofree char *path = g_file_read_link(link, NULL);
    return g_strdup_printf("%s is open for writing", path ? path : "a file");
}

static char *files_problem(int own_fd)
{
    g_autoptr(GDir) files = g_dir_open("/proc/self/fd", 0, NULL);
    const char *name;
    if (!files) {
        return g_strdup("/proc can't be read");
    }
    while ((name = g_dir_read_name(files))) {
        int fd = (int)g_ascii_strtoll(name, NULL, 10);
        char *problem = fd > STDERR_FILENO && fd != own_fd ? file_problem(fd) : NULL;
        if (problem) {
            return problem;
        }
    }
    return NULL;
}

static unsigned count_threads(void)
{
    g_autoptr(GDir) threads = g_dir_open("/proc/self/task", 0, NULL);
    unsigned count = 0;
    while (threads && g_dir_read_name(threads)) {
        count++;
    }
    return count;
}

/* The kernel lists one that was joined a moment longer. */
static char *threads_problem(void)
{
    unsigned count = count_threads();
    for (int i = 0; i < 100 && count > 1; i++) {
        g_usleep(1000);
        count = count_threads();
    }
    return count == 1 ? NULL : g_strdup_printf("there are %u threads", count);
}

char *el4_machine_fork_problem(struct el4_machine *machine, int own_fd)
{
    if (!machine->virtual_clock) {
        return g_strdup("machine.clock is not virtual");
    }
    char *problem = el4_io_fork_problem(machine->io);
    if (!problem && !machine->look_only) {
        problem = files_problem(own_fd);
    }
    if (!problem && !machine->look_only) {
        problem = threads_problem();
    }
    return problem;
}

void el4_machine_forked(struct el4_machine *machine)
{
    el4_io_forked(machine->io);
}
