/* SPDX-License-Identifier: MIT */
/*
 * Raw disk images. A snapshot never touches its file: changed clusters live in
 * memory, allocated when they are first written. Whoever writes a file holds it alone, by
 * flock(); readers and snapshots share it.
 */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLUSTER_BYTES 65536u
#define SECTOR_BYTES  512u

struct disk {
    int file;
    bool readonly;
    bool dirty; /* written since the last flush */
    uint64_t bytes;
    uint8_t **overlay; /* by cluster; NULL: not a snapshot */
    uint64_t clusters;
};

static bool measure(struct disk *disk, const struct el4_host *host, struct el4_instance *self,
                    const char *path)
{
    struct stat status;
    if (fstat(disk->file, &status) != 0) {
        host->fail(self, "file %s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode)) {
        host->fail(self, "file %s: neither a regular file nor a block device", path);
        return false;
    }
    off_t end = lseek(disk->file, 0, SEEK_END);
    if (end <= 0) {
        host->fail(self, "file %s: %s", path, end < 0 ? strerror(errno) : "it is empty");
        return false;
    }
    disk->bytes = ((uint64_t)end + SECTOR_BYTES - 1) & ~(uint64_t)(SECTOR_BYTES - 1);
    disk->clusters = (disk->bytes + CLUSTER_BYTES - 1) / CLUSTER_BYTES;
    return true;
}

struct disk *el4_disk_open(const struct el4_host *host, struct el4_instance *self,
                           const char *path, bool readonly, bool snapshot)
{
    struct disk *disk = calloc(1, sizeof(*disk));
    if (!disk) {
        host->fail(self, "out of memory");
        return NULL;
    }
    bool look_only = host->machine_uint(self, "look-only");
    bool writes = !readonly && !snapshot;
    disk->readonly = readonly;
    disk->file =
        open(path, (writes && !look_only ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    if (disk->file < 0 || (writes && access(path, W_OK) != 0)) {
        host->fail(self, "file %s: %s", path, strerror(errno));
        goto fail;
    }
    if (!look_only && flock(disk->file, (writes ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
        host->fail(self, "file %s: in use by somebody who %s it", path,
                   writes ? "uses" : "writes to");
        goto fail;
    }
    if (!measure(disk, host, self, path)) {
        goto fail;
    }
    if (snapshot) {
        disk->overlay = calloc(disk->clusters, sizeof(*disk->overlay));
        if (!disk->overlay) {
            host->fail(self, "out of memory");
            goto fail;
        }
    }
    return disk;
fail:
    el4_disk_close(disk);
    return NULL;
}

void el4_disk_close(struct disk *disk)
{
    if (disk->dirty) {
        el4_disk_flush(disk);
    }
    for (uint64_t i = 0; disk->overlay && i < disk->clusters; i++) {
        free(disk->overlay[i]);
    }
    free(disk->overlay);
    if (disk->file >= 0) {
        close(disk->file);
    }
    free(disk);
}

uint64_t el4_disk_bytes(const struct disk *disk)
{
    return disk->bytes;
}

static bool in_range(const struct disk *disk, uint64_t offset, uint64_t bytes)
{
    return offset <= disk->bytes && bytes <= disk->bytes - offset;
}

static int read_file(struct disk *disk, uint64_t offset, uint8_t *data, size_t bytes)
{
    while (bytes) {
        ssize_t got = pread(disk->file, data, bytes, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -errno;
        }
        if (got == 0) {
            memset(data, 0, bytes);
            return 0;
        }
        data += got;
        offset += (uint64_t)got;
        bytes -= (size_t)got;
    }
    return 0;
}

static int write_file(struct disk *disk, uint64_t offset, const uint8_t *data, size_t bytes)
{
    disk->dirty = true;
    while (bytes) {
        ssize_t done = pwrite(disk->file, data, bytes, (off_t)offset);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return done < 0 ? -errno : -EIO;
        }
        data += done;
        offset += (uint64_t)done;
        bytes -= (size_t)done;
    }
    return 0;
}

/* The part of a range that lies in its first cluster. */
static size_t in_cluster(uint64_t offset, uint64_t bytes)
{
    uint64_t room = CLUSTER_BYTES - offset % CLUSTER_BYTES;
    return (size_t)(bytes < room ? bytes : room);
}

int el4_disk_read(struct disk *disk, uint64_t offset, void *data, size_t bytes)
{
    uint8_t *to = data;
    if (!in_range(disk, offset, bytes)) {
        return -EINVAL;
    }
    if (!disk->overlay) {
        return read_file(disk, offset, to, bytes);
    }
    while (bytes) {
        size_t piece = in_cluster(offset, bytes);
        const uint8_t *cluster = disk->overlay[offset / CLUSTER_BYTES];
        if (cluster) {
            memcpy(to, cluster + offset % CLUSTER_BYTES, piece);
        } else {
            int status = read_file(disk, offset, to, piece);
            if (status < 0) {
                return status;
            }
        }
        to += piece;
        offset += piece;
        bytes -= piece;
    }
    return 0;
}

/* The cluster of the overlay around an offset, copied from the file if it is not there yet. */
static int get_cluster(struct disk *disk, uint64_t offset, uint8_t **cluster)
{
    uint64_t number = offset / CLUSTER_BYTES;
    *cluster = disk->overlay[number];
    if (*cluster) {
        return 0;
    }
    *cluster = malloc(CLUSTER_BYTES);
    if (!*cluster) {
        return -ENOMEM;
    }
    int status = read_file(disk, number * CLUSTER_BYTES, *cluster, CLUSTER_BYTES);
    if (status < 0) {
        free(*cluster);
        return status;
    }
    disk->overlay[number] = *cluster;
    return 0;
}

int el4_disk_write(struct disk *disk, uint64_t offset, const void *data, size_t bytes)
{
    const uint8_t *from = data;
    if (disk->readonly || !in_range(disk, offset, bytes)) {
        return disk->readonly ? -EROFS : -EINVAL;
    }
    if (!disk->overlay) {
        return write_file(disk, offset, from, bytes);
    }
    while (bytes) {
        size_t piece = in_cluster(offset, bytes);
        uint8_t *cluster;
        int status = get_cluster(disk, offset, &cluster);
        if (status < 0) {
            return status;
        }
        memcpy(cluster + offset % CLUSTER_BYTES, from, piece);
        from += piece;
        offset += piece;
        bytes -= piece;
    }
    return 0;
}

int el4_disk_zero(struct disk *disk, uint64_t offset, uint64_t bytes, bool discard)
{
    static const uint8_t zeros[CLUSTER_BYTES];
    if (disk->readonly || !in_range(disk, offset, bytes)) {
        return disk->readonly ? -EROFS : -EINVAL;
    }
    if (!disk->overlay) {
        int mode = discard ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE;
        disk->dirty = true;
        if (fallocate(disk->file, mode | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)bytes) ==
            0) {
            return 0;
        }
    }
    while (bytes) {
        size_t piece = in_cluster(offset, bytes);
        int status = el4_disk_write(disk, offset, zeros, piece);
        if (status < 0) {
            return status;
        }
        offset += piece;
        bytes -= piece;
    }
    return 0;
}

int el4_disk_flush(struct disk *disk)
{
    if (disk->overlay || disk->readonly) {
        return 0;
    }
    disk->dirty = false;
    return fdatasync(disk->file) == 0 ? 0 : -errno;
}
