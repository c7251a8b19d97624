/* SPDX-License-Identifier: MIT */
/*
 * The host's room for cells (capacity.h). What the kernel does not tell is no limit.
 */
#include "capacity.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CGROUP_ROOT "/sys/fs/cgroup"

/* What a cell is taken to need before the first one has ended. */
#define FIRST_PEAK (UINT64_C(256) << 20)
/* One cell that took much counts for fewer of those after it, step by step. */
#define FORGET_SHIFT 5
/* With room for so many more cells for each CPU it is not looked for again for a while. */
#define PLENTY         4
#define PLENTY_SECONDS 0.5

struct el4_matrix_capacity {
    unsigned cpus;
    uint64_t peak;        /* of a cell, as far as is known */
    int64_t plenty_until; /* of the monotonic clock: there is no need to look before */
    GPtrArray *groups;    /* char *: folders of our control group and those around it */
};

static char *read_file(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    char *text = NULL;
    return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

/* Our own group first, then outwards to the root. */
static GPtrArray *find_groups(void)
{
    GPtrArray *groups = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = read_file("/proc/self", "cgroup");
    const char *line = text ? strstr(text, "0::/") : NULL;
    if (!line || (line != text && line[-1] != '\n')) {
        return groups;
    }
    g_autofree char *path = g_strndup(line + 3, strcspn(line + 3, "\n"));
    for (char *end = path + strlen(path); end; end = strrchr(path, '/')) {
        *end = 0;
        g_ptr_array_add(groups, g_strconcat(CGROUP_ROOT, path, NULL));
    }
    return groups;
}

/* "QUOTA PERIOD", or "max PERIOD". */
static double quota_of(const char *group)
{
    g_autofree char *text = read_file(group, "cpu.max");
    char *end = NULL;
    double quota = text ? g_ascii_strtod(text, &end) : 0;
    double period = quota > 0 ? g_ascii_strtod(end, NULL) : 0;
    return period > 0 ? quota / period : INFINITY;
}

static unsigned count_cpus(const GPtrArray *groups)
{
    double cpus = (double)sysconf(_SC_NPROCESSORS_ONLN);
    /* More CPUs than a cpu_set_t has need a larger one. */
    size_t most = 1 << 16;
    cpu_set_t *set = CPU_ALLOC(most);
    if (set && sched_getaffinity(0, CPU_ALLOC_SIZE(most), set) == 0) {
        cpus = CPU_COUNT_S(CPU_ALLOC_SIZE(most), set);
    }
    CPU_FREE(set);
    for (guint i = 0; i < groups->len; i++) {
        cpus = fmin(cpus, ceil(quota_of(g_ptr_array_index(groups, i))));
    }
    return cpus < 1 ? 1 : (unsigned)cpus;
}

struct el4_matrix_capacity *el4_matrix_capacity_new(void)
{
    struct el4_matrix_capacity *capacity = g_new0(struct el4_matrix_capacity, 1);
    capacity->groups = find_groups();
    capacity->cpus = count_cpus(capacity->groups);
    capacity->peak = FIRST_PEAK;
    return capacity;
}

void el4_matrix_capacity_free(struct el4_matrix_capacity *capacity)
{
    if (capacity) {
        g_ptr_array_unref(capacity->groups);
        g_free(capacity);
    }
}

unsigned el4_matrix_capacity_cpus(const struct el4_matrix_capacity *capacity)
{
    return capacity->cpus;
}

void el4_matrix_capacity_learn(struct el4_matrix_capacity *capacity, uint64_t peak_bytes)
{
    uint64_t faded = capacity->peak - (capacity->peak >> FORGET_SHIFT);
    capacity->peak = MAX(peak_bytes, faded);
}

/* ---- memory ---- */

/* A number of bytes in a group's file; `otherwise` if there is none, or it is "max". */
static uint64_t bytes_of(const char *group, const char *name, uint64_t otherwise)
{
    g_autofree char *text = read_file(group, name);
    return text && g_ascii_isdigit(*text) ? g_ascii_strtoull(text, NULL, 10) : otherwise;
}

static uint64_t free_in_host(void)
{
    g_autofree char *text = read_file("/proc", "meminfo");
    const char *line = text ? strstr(text, "MemAvailable:") : NULL;
    return line ? g_ascii_strtoull(line + strlen("MemAvailable:"), NULL, 10) * 1024
                : UINT64_MAX;
}

/* Page cache counts as used by a group, though the kernel can drop it. */
static uint64_t free_in_group(const char *group)
{
    uint64_t most = bytes_of(group, "memory.max", UINT64_MAX);
    if (most == UINT64_MAX) {
        return UINT64_MAX;
    }
    uint64_t used = bytes_of(group, "memory.current", 0);
    g_autofree char *text = read_file(group, "memory.stat");
    const char *line = text ? strstr(text, "\ninactive_file ") : NULL;
    uint64_t droppable =
        line ? g_ascii_strtoull(line + strlen("\ninactive_file "), NULL, 10) : 0;
    used -= MIN(used, droppable);
    return most - MIN(most, used);
}

static uint64_t resident_bytes(pid_t pid)
{
    g_autofree char *folder = g_strdup_printf("/proc/%d", (int)pid);
    g_autofree char *text = read_file(folder, "statm");
    const char *space = text ? strchr(text, ' ') : NULL;
    return space ? g_ascii_strtoull(space, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

bool el4_matrix_capacity_has_memory(struct el4_matrix_capacity *capacity, const GArray *pids)
{
    uint64_t wanted = capacity->peak;
    int64_t now = g_get_monotonic_time();
    if (now < capacity->plenty_until) {
        return true;
    }
    for (guint i = 0; i < pids->len; i++) {
        uint64_t resident = resident_bytes(g_array_index(pids, pid_t, i));
        wanted += capacity->peak - MIN(capacity->peak, resident);
    }
    uint64_t room = free_in_host();
    for (guint i = 0; i < capacity->groups->len && room >= wanted; i++) {
        room = MIN(room, free_in_group(g_ptr_array_index(capacity->groups, i)));
    }
    if (room / PLENTY / capacity->cpus >= wanted) {
        capacity->plenty_until = now + (int64_t)(PLENTY_SECONDS * G_USEC_PER_SEC);
    }
    return room >= wanted;
}
