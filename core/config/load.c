/* SPDX-License-Identifier: MIT */
/*
 * From files to the store: opens INI files, follows their includes, and refuses what could hang
 * or flood the program (devices, FIFOs, cycles, includes that double at each level).
 */
#include "config/private.h"
#include "config/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct load {
    struct el4_config *config;
    unsigned files;
};

/* One file being read, below the one that includes it. */
struct load_file {
    struct load *load;
    const struct load_file *includer; /* NULL for the first */
    unsigned depth;
    const char *name; /* as messages show it */
    char *folder;     /* absolute */
    dev_t device;
    ino_t inode;
    unsigned reading;
    bool in_section;
};

static bool load_file(struct load *load, const struct load_file *includer, const char *name,
                      GError **error);

static bool refuse(const struct load_file *file, unsigned line, enum el4_config_error code,
                   GError **error, const char *problem)
{
    g_set_error(error, EL4_CONFIG_ERROR, code, "%s:%u: %s", file->name, line, problem);
    return false;
}

static bool take_include(const struct load_file *file, const char *path, unsigned line,
                         bool continued, GError **error)
{
    enum el4_config_error code = EL4_CONFIG_ERROR_INCLUDE;
    if (continued || !*path) {
        return refuse(file, line, code, error,
                      "an include names one file; write 'include = FILE' for each");
    }
    if (file->depth == EL4_CONFIG_DEPTH_MAX) {
        return refuse(file, line, code, error,
                      "includes are nested deeper than 16 files; include fewer levels");
    }
    if (file->load->files == EL4_CONFIG_FILES_MAX) {
        return refuse(file, line, code, error,
                      "more than 256 files are read; include fewer files");
    }
    g_autofree char *folder = g_path_get_dirname(file->name);
    bool as_is = g_path_is_absolute(path) || strcmp(folder, ".") == 0;
    g_autofree char *name = as_is ? g_strdup(path) : g_build_filename(folder, path, NULL);
    if (!load_file(file->load, file, name, error)) {
        /* Mistakes inside the file have their own line; that it can't be read has ours. */
        if (error && g_error_matches(*error, EL4_CONFIG_ERROR, EL4_CONFIG_ERROR_FILE)) {
            g_prefix_error(error, "%s:%u: include: ", file->name, line);
        }
        return false;
    }
    return true;
}

static bool take_section(void *user, const char *section, unsigned line, GError **error)
{
    struct load_file *file = user;
    file->in_section = true;
    el4_config_mention_section(file->load->config, section, file->name, line);
    return true;
}

static bool take_value(void *user, const char *section, const char *key, const char *value,
                       unsigned line, bool continued, GError **error)
{
    struct load_file *file = user;
    if (strcmp(key, "include") == 0) {
        if (!file->in_section) {
            return take_include(file, value, line, continued, error);
        }
        return refuse(file, line, EL4_CONFIG_ERROR_INCLUDE, error,
                      "an include stands before the first section; move it to the file's top");
    }
    if (!file->in_section) {
        return refuse(file, line, EL4_CONFIG_ERROR_SYNTAX, error,
                      "the key is in no section; put it below a [section] line");
    }
    struct config_source source = {
        .layer = EL4_CONFIG_LAYER_FILE,
        .origin = file->name,
        .folder = file->folder,
        .reading = file->reading,
        .line = line,
        .continued = continued,
    };
    el4_config_add_line(file->load->config, section, key, value, &source);
    return true;
}

static bool file_error(const char *name, GError **error, const char *problem)
{
    g_set_error(error, EL4_CONFIG_ERROR, EL4_CONFIG_ERROR_FILE, "%s: %s", name, problem);
    return false;
}

/* Opens regular files only. Looks before it opens, since opening a device may already act. */
static int open_regular(const char *name, struct stat *status, GError **error)
{
    if (stat(name, status) < 0) {
        file_error(name, error, g_strerror(errno));
        return -1;
    }
    int fd = -1;
    if (S_ISREG(status->st_mode)) {
        fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, status) < 0) {
            file_error(name, error, g_strerror(errno));
            goto close;
        }
    }
    if (!S_ISREG(status->st_mode)) {
        file_error(name, error,
                   S_ISDIR(status->st_mode) ? "this is a folder; give an INI file"
                                            : "this is not a regular file; give an INI file");
        goto close;
    }
    return fd;
close:
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

/* Does not trust st_size: files of /proc say 0, and a file may grow. */
static GByteArray *read_all(const char *name, int fd, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    for (;;) {
        guint8 block[16384];
        ssize_t got = read(fd, block, sizeof(block));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            file_error(name, error, g_strerror(errno));
            return NULL;
        }
        if (got == 0) {
            return g_steal_pointer(&bytes);
        }
        g_byte_array_append(bytes, block, (guint)got);
        if (bytes->len > EL4_CONFIG_FILE_MAX) {
            file_error(name, error, "the file is larger than 1 MiB; is it an INI file?");
            return NULL;
        }
    }
}

static bool is_cycle(const struct load_file *file)
{
    for (const struct load_file *above = file->includer; above; above = above->includer) {
        if (above->device == file->device && above->inode == file->inode) {
            return true;
        }
    }
    return false;
}

char *el4_config_absolute_folder(const char *name)
{
    g_autofree char *folder = g_path_get_dirname(name);
    if (g_path_is_absolute(folder)) {
        return g_steal_pointer(&folder);
    }
    char *working_folder = g_get_current_dir();
    if (strcmp(folder, ".") == 0) {
        return working_folder;
    }
    char *absolute = g_build_filename(working_folder, folder, NULL);
    g_free(working_folder);
    return absolute;
}

static bool load_file(struct load *load, const struct load_file *includer, const char *name,
                      GError **error)
{
    const struct el4_config_events events = {take_section, take_value,
                                             load->config->allows_settings};
    struct stat status;
    int fd = open_regular(name, &status, error);
    if (fd < 0) {
        return false;
    }
    g_autoptr(GByteArray) bytes = read_all(name, fd, error);
    close(fd);
    if (!bytes) {
        return false;
    }
    load->files++;
    struct load_file file = {
        .load = load,
        .includer = includer,
        .depth = includer ? includer->depth + 1 : 1,
        .name = name,
        .device = status.st_dev,
        .inode = status.st_ino,
        .reading = ++load->config->readings,
    };
    if (is_cycle(&file)) {
        return file_error(name, error, "the file includes itself; remove one of the includes");
    }
    g_autofree char *folder = el4_config_absolute_folder(name);
    file.folder = folder;
    return el4_config_read_ini(name, (const char *)bytes->data, bytes->len, &events, &file,
                               error);
}

bool el4_config_load_file(struct el4_config *config, const char *path, GError **error)
{
    struct load load = {.config = config};
    return load_file(&load, NULL, path, error);
}
