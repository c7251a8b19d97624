/* SPDX-License-Identifier: MIT */
/*
 * ELF programs for AArch64 (ELF64) and AArch32 (ELF32), little-endian: each PT_LOAD segment
 * goes to its physical address. The entry point is a virtual address, and is turned into a
 * physical one through the segment that holds it.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "boot/private.h"

/* Segments may also lie outside RAM, in flash and the like, but not far more than there is. */
#define OUTSIDE_RAM_MAX (UINT64_C(1) << 30)

/* What both classes have, in the larger one's types. */
struct header {
    bool is_64;
    uint64_t entry;
    uint64_t table; /* of program headers */
    uint32_t count;
    uint32_t entry_bytes;
};

bool el4_boot_is_elf(const struct el4_boot_file *file)
{
    return file->bytes >= EI_NIDENT && memcmp(file->data, ELFMAG, SELFMAG) == 0;
}

static bool read_header(const struct el4_boot_file *file, struct header *header, GError **error)
{
    header->is_64 = file->data[EI_CLASS] == ELFCLASS64;
    size_t bytes = header->is_64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
    if ((!header->is_64 && file->data[EI_CLASS] != ELFCLASS32) || file->bytes < bytes) {
        return el4_boot_fail(file, error, "an ELF file without a whole header: it is damaged");
    }
    if (file->data[EI_DATA] != ELFDATA2LSB) {
        return el4_boot_fail(file, error,
                             "a big-endian ELF program; el4 loads little-endian ones only");
    }
    uint16_t type, machine;
    if (header->is_64) {
        Elf64_Ehdr raw;
        memcpy(&raw, file->data, sizeof(raw));
        type = GUINT16_FROM_LE(raw.e_type);
        machine = GUINT16_FROM_LE(raw.e_machine);
        header->entry = GUINT64_FROM_LE(raw.e_entry);
        header->table = GUINT64_FROM_LE(raw.e_phoff);
        header->count = GUINT16_FROM_LE(raw.e_phnum);
        header->entry_bytes = GUINT16_FROM_LE(raw.e_phentsize);
    } else {
        Elf32_Ehdr raw;
        memcpy(&raw, file->data, sizeof(raw));
        type = GUINT16_FROM_LE(raw.e_type);
        machine = GUINT16_FROM_LE(raw.e_machine);
        header->entry = GUINT32_FROM_LE(raw.e_entry);
        header->table = GUINT32_FROM_LE(raw.e_phoff);
        header->count = GUINT16_FROM_LE(raw.e_phnum);
        header->entry_bytes = GUINT16_FROM_LE(raw.e_phentsize);
    }
    if (machine != (header->is_64 ? EM_AARCH64 : EM_ARM)) {
        return el4_boot_fail(file, error,
                             "an ELF program for another processor (ELF machine %u); %u "
                             "(AArch64) or, with 32 bits, %u (Arm) is wanted",
                             machine, EM_AARCH64, EM_ARM);
    }
    if (type != ET_EXEC && type != ET_DYN) {
        return el4_boot_fail(file, error,
                             "an ELF file of type %u, which is no program: link it", type);
    }
    size_t wanted = header->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    if (header->count == 0 || header->count == PN_XNUM || header->entry_bytes != wanted ||
        header->table > file->bytes ||
        header->count * wanted > (uint64_t)file->bytes - header->table) {
        return el4_boot_fail(file, error,
                             "an ELF file without a usable table of segments (%u entries of %u "
                             "bytes at %" PRIu64 "): it is damaged, or not a program",
                             header->count, header->entry_bytes, header->table);
    }
    return true;
}

static Elf64_Phdr read_segment(const struct el4_boot_file *file, const struct header *header,
                               uint32_t number)
{
    const uint8_t *at = file->data + header->table + (uint64_t)number * header->entry_bytes;
    Elf64_Phdr segment = {0};
    if (header->is_64) {
        memcpy(&segment, at, sizeof(segment));
        segment.p_type = GUINT32_FROM_LE(segment.p_type);
        segment.p_offset = GUINT64_FROM_LE(segment.p_offset);
        segment.p_vaddr = GUINT64_FROM_LE(segment.p_vaddr);
        segment.p_paddr = GUINT64_FROM_LE(segment.p_paddr);
        segment.p_filesz = GUINT64_FROM_LE(segment.p_filesz);
        segment.p_memsz = GUINT64_FROM_LE(segment.p_memsz);
    } else {
        Elf32_Phdr raw;
        memcpy(&raw, at, sizeof(raw));
        segment.p_type = GUINT32_FROM_LE(raw.p_type);
        segment.p_offset = GUINT32_FROM_LE(raw.p_offset);
        segment.p_vaddr = GUINT32_FROM_LE(raw.p_vaddr);
        segment.p_paddr = GUINT32_FROM_LE(raw.p_paddr);
        segment.p_filesz = GUINT32_FROM_LE(raw.p_filesz);
        segment.p_memsz = GUINT32_FROM_LE(raw.p_memsz);
    }
    return segment;
}

static bool check_segment(const struct el4_boot_file *file, const Elf64_Phdr *segment,
                          uint32_t number, GError **error)
{
    uint64_t end;
    if (segment->p_offset > file->bytes ||
        segment->p_filesz > (uint64_t)file->bytes - segment->p_offset) {
        return el4_boot_fail(file, error,
                             "segment %u (%" PRIu64 " bytes at %" PRIu64
                             ") goes beyond the file's end: it is incomplete, copy it again",
                             number, segment->p_filesz, segment->p_offset);
    }
    if (segment->p_filesz > segment->p_memsz ||
        __builtin_add_overflow(segment->p_paddr, segment->p_memsz, &end)) {
        return el4_boot_fail(file, error,
                             "segment %u has %" PRIu64 " bytes in the file and %" PRIu64
                             " at address 0x%" PRIx64 ", which makes no sense: it is damaged",
                             number, segment->p_filesz, segment->p_memsz, segment->p_paddr);
    }
    return true;
}

static bool write_segment(const struct el4_boot_file *file,
                          const struct el4_boot_target *target, const Elf64_Phdr *segment,
                          GError **error)
{
    if (!el4_boot_write(file, target, segment->p_paddr, file->data + segment->p_offset,
                        segment->p_filesz, error)) {
        return false;
    }
    return el4_boot_write(file, target, segment->p_paddr + segment->p_filesz, NULL,
                          segment->p_memsz - segment->p_filesz, error);
}

/* Bit 0 of an AArch32 entry point says Thumb and is kept. */
static uint64_t physical_entry(const struct header *header, const Elf64_Phdr *segment,
                               uint64_t otherwise)
{
    uint64_t offset = header->entry - segment->p_vaddr;
    return offset < segment->p_memsz ? segment->p_paddr + offset : otherwise;
}

bool el4_boot_load_elf(const struct el4_boot_file *file, const struct el4_boot_target *target,
                       struct el4_boot_result *result, GError **error)
{
    struct header header = {0};
    if (!read_header(file, &header, error)) {
        return false;
    }
    result->kind = EL4_BOOT_ELF;
    result->aarch32 = !header.is_64;
    result->entry = header.entry;
    result->kernel_start = UINT64_MAX;
    uint64_t total = 0;
    uint32_t loaded = 0;
    for (uint32_t i = 0; i < header.count; i++) {
        Elf64_Phdr segment = read_segment(file, &header, i);
        if (segment.p_type != PT_LOAD || segment.p_memsz == 0) {
            continue;
        }
        if (!check_segment(file, &segment, i, error)) {
            return false;
        }
        if (__builtin_add_overflow(total, segment.p_memsz, &total) ||
            total / 2 > (target->ram_bytes / 2 + OUTSIDE_RAM_MAX / 2)) {
            return el4_boot_fail(file, error,
                                 "its segments want far more memory than the %" PRIu64
                                 " MiB that there are: it is damaged, or not for this machine",
                                 target->ram_bytes >> 20);
        }
        if (!write_segment(file, target, &segment, error)) {
            return false;
        }
        result->entry = physical_entry(&header, &segment, result->entry);
        if (el4_boot_in_ram(target, segment.p_paddr, segment.p_memsz)) {
            result->kernel_start = MIN(result->kernel_start, segment.p_paddr);
            result->kernel_end = MAX(result->kernel_end, segment.p_paddr + segment.p_memsz);
        }
        loaded++;
    }
    if (result->kernel_start > result->kernel_end) {
        /* Nothing of it is in RAM. */
        result->kernel_start = result->kernel_end = target->ram_base;
    }
    return loaded || el4_boot_fail(file, error, "an ELF file with nothing to load in it");
}
