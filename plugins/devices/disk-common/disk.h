/* SPDX-License-Identifier: MIT */
/*
 * A raw disk image, with an overlay in memory if it is a snapshot.
 */
#ifndef DISK_H
#define DISK_H

#include <el4/host.h>

/* For the table of keys of a device that has a disk; the text begins the help. */
#define DISK_KEY_SNAPSHOT(whether)                                                             \
    {                                                                                          \
        .name = "snapshot", .type = EL4_CONFIG_BOOL, .default_text = "no",                     \
        .help = whether " writes are kept in memory and forgotten at the end; several "        \
                        "machines may then share the file.",                                   \
    }

struct disk;

/* Open and lock the image; NULL after fail(). */
struct disk *el4_disk_open(const struct el4_host *host, struct el4_instance *self,
                           const char *path, bool readonly, bool snapshot);
void el4_disk_close(struct disk *disk);
/* Length in bytes, a multiple of 512; what is beyond the file's end reads as zeros. */
uint64_t el4_disk_bytes(const struct disk *disk);
/* 0 or negative errno. The range must lie within the disk. */
int el4_disk_read(struct disk *disk, uint64_t offset, void *data, size_t bytes);
int el4_disk_write(struct disk *disk, uint64_t offset, const void *data, size_t bytes);
/* Make zeros, giving the space back to the host if it can be done. */
int el4_disk_zero(struct disk *disk, uint64_t offset, uint64_t bytes, bool discard);
int el4_disk_flush(struct disk *disk);

#endif
