/* SPDX-License-Identifier: MIT */
/*
 * Loading: what goes where for each kind of file, what is refused with which words, and that
 * damaged files of every format never write outside what they were given.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <elf.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "boot/boot.h"

#define KIB      UINT64_C(1024)
#define MIB      (1024 * KIB)
#define RAM_BASE UINT64_C(0x40000000)

/* A machine: RAM, of which only the first megabytes have content, and the test's files. */
struct fixture {
    struct el4_boot_target target;
    uint8_t *ram;
    uint64_t kept; /* bytes of RAM that are really there; writes beyond are only counted */
    uint64_t written;
    char *folder;
    char *kernel, *initrd; /* paths */
    struct el4_boot_result result;
};

static bool write_ram(void *opaque, uint64_t address, const void *data, size_t bytes)
{
    struct fixture *fixture = opaque;
    uint64_t offset = address - fixture->target.ram_base;
    if (address < fixture->target.ram_base || bytes > fixture->target.ram_bytes ||
        offset > fixture->target.ram_bytes - bytes) {
        return false;
    }
    if (offset < fixture->kept) {
        size_t kept = MIN(bytes, fixture->kept - offset);
        if (data) {
            memcpy(fixture->ram + offset, data, kept);
        } else {
            memset(fixture->ram + offset, 0, kept);
        }
    }
    fixture->written += bytes;
    return true;
}

static void set_ram(struct fixture *fixture, uint64_t base, uint64_t bytes)
{
    fixture->target.ram_base = base;
    fixture->target.ram_bytes = bytes;
    memset(fixture->ram, 0xee, fixture->kept);
}

static int setup(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);
    fixture->kept = 16 * MIB;
    fixture->ram = g_malloc(fixture->kept);
    fixture->target = (struct el4_boot_target){.write = write_ram, .opaque = fixture};
    set_ram(fixture, RAM_BASE, 512 * MIB);
    fixture->folder = g_dir_make_tmp("el4-boot-XXXXXX", NULL);
    fixture->kernel = g_build_filename(fixture->folder, "kernel", NULL);
    fixture->initrd = g_build_filename(fixture->folder, "initrd", NULL);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    g_unlink(fixture->kernel);
    g_unlink(fixture->initrd);
    g_rmdir(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->kernel);
    g_free(fixture->initrd);
    g_free(fixture->ram);
    g_free(fixture);
    return 0;
}

static void put_file(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, bytes, file), bytes);
    fclose(file);
}

/* A sparse file of that length. */
static void put_sparse(const char *path, uint64_t bytes)
{
    put_file(path, "", 0);
    assert_int_equal(truncate(path, (off_t)bytes), 0);
}

static void put_u64(uint8_t *out, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> (i * 8));
    }
}

static void put_u32(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (i * 8));
    }
}

#define IMAGE_BYTES 1000

static void make_image(uint8_t image[IMAGE_BYTES], uint64_t text_offset, uint64_t image_size,
                       uint64_t flags)
{
    for (size_t i = 0; i < IMAGE_BYTES; i++) {
        image[i] = (uint8_t)(i * 3);
    }
    put_u64(image + 8, text_offset);
    put_u64(image + 16, image_size);
    put_u64(image + 24, flags);
    put_u32(image + 56, 0x644d5241);
}

static bool load(struct fixture *fixture, bool initrd, uint64_t load_address, GError **error)
{
    struct el4_boot_request request = {
        .kernel = fixture->kernel,
        .initrd = initrd ? fixture->initrd : NULL,
        .load_address = load_address,
    };
    return el4_boot_load(&request, &fixture->target, &fixture->result, error);
}

static void assert_loads(struct fixture *fixture, bool initrd, uint64_t load_address)
{
    g_autoptr(GError) error = NULL;
    bool ok = load(fixture, initrd, load_address, &error);
    assert_string_equal(error ? error->message : "", "");
    assert_true(ok);
}

/* `of` is the file that the message begins with. */
static void assert_fails(struct fixture *fixture, bool initrd, const char *of, const char *rest)
{
    g_autoptr(GError) error = NULL;
    assert_false(load(fixture, initrd, 0, &error));
    g_autofree char *message = g_strdup_printf("%s: %s", of, rest);
    assert_string_equal(error->message, message);
}

static void test_image(void **state)
{
    struct fixture *fixture = *state;
    uint8_t image[IMAGE_BYTES];
    make_image(image, 0, 8 * MIB, 0xa);
    put_file(fixture->kernel, image, sizeof(image));
    put_file(fixture->initrd, "initrd!", 7);
    assert_loads(fixture, true, 0);
    const struct el4_boot_result *result = &fixture->result;
    assert_int_equal(result->kind, EL4_BOOT_LINUX);
    assert_false(result->aarch32);
    assert_int_equal(result->entry, RAM_BASE);
    assert_int_equal(result->kernel_start, RAM_BASE);
    assert_int_equal(result->kernel_end, RAM_BASE + 8 * MIB);
    assert_int_equal(result->initrd_start, RAM_BASE + 128 * MIB);
    assert_int_equal(result->initrd_end, RAM_BASE + 128 * MIB + 7);
    assert_int_equal(result->dtb_address, RAM_BASE + 130 * MIB);
    assert_memory_equal(fixture->ram, image, sizeof(image));
    assert_int_equal(fixture->written, sizeof(image) + 7);

    /* Less RAM, an odd base, a text offset. */
    set_ram(fixture, RAM_BASE + MIB, 65 * MIB);
    make_image(image, 0x80000, 4 * MIB, 0);
    put_file(fixture->kernel, image, sizeof(image));
    assert_loads(fixture, false, 0);
    assert_int_equal(result->entry, RAM_BASE + 2 * MIB + 0x80000);
    assert_memory_equal(fixture->ram + MIB + 0x80000, image, sizeof(image));
    assert_int_equal(result->initrd_start, result->initrd_end);
    assert_int_equal(result->dtb_address % (2 * MIB), 0);
    assert_true(result->dtb_address >= RAM_BASE + MIB + 65 * MIB / 2);

    /* Before 3.17 there was no size, and the offset was not what the header says. */
    make_image(image, 0x12345, 0, 0);
    put_file(fixture->kernel, image, sizeof(image));
    assert_loads(fixture, false, 0);
    assert_int_equal(result->entry, RAM_BASE + 2 * MIB + 0x80000);
    assert_int_equal(result->kernel_end, result->entry + IMAGE_BYTES);
}

static void test_image_faults(void **state)
{
    struct fixture *fixture = *state;
    uint8_t image[IMAGE_BYTES];
    make_image(image, 0, 8 * MIB, 1);
    put_file(fixture->kernel, image, sizeof(image));
    assert_fails(fixture, false, fixture->kernel,
                 "a big-endian arm64 kernel; el4 boots little-endian ones only: build it "
                 "without CONFIG_CPU_BIG_ENDIAN");
    make_image(image, 0x80000, 600 * MIB, 0);
    put_file(fixture->kernel, image, sizeof(image));
    assert_fails(fixture, false, fixture->kernel,
                 "the kernel needs 601 MiB of RAM; there are 512 MiB: raise [machine] memory");
    make_image(image, UINT64_MAX - 5, 4096, 0);
    put_file(fixture->kernel, image, sizeof(image));
    assert_fails(fixture, false, fixture->kernel,
                 "its header asks for 0x1000 bytes at offset 0xfffffffffffffffa, which no "
                 "machine has: it is damaged, fetch it again");
    make_image(image, 0, UINT64_MAX, 0);
    put_file(fixture->kernel, image, sizeof(image));
    set_ram(fixture, RAM_BASE + MIB, 512 * MIB);
    assert_fails(fixture, false, fixture->kernel,
                 "its header asks for 0xffffffffffffffff bytes at offset 0x0, which no machine "
                 "has: it is damaged, fetch it again");
    assert_int_equal(fixture->written, 0);
}

#define ZIMAGE_BYTES 1000

static void make_zimage(uint8_t image[ZIMAGE_BYTES], uint32_t end, uint32_t tag)
{
    for (size_t i = 0; i < ZIMAGE_BYTES; i++) {
        image[i] = (uint8_t)(i * 5);
    }
    put_u32(image + 0x24, 0x016f2818);
    put_u32(image + 0x28, 0);
    put_u32(image + 0x2c, end);
    put_u32(image + 0x30, tag);
}

static void test_zimage(void **state)
{
    struct fixture *fixture = *state;
    const struct el4_boot_result *result = &fixture->result;
    uint8_t image[ZIMAGE_BYTES];
    make_zimage(image, ZIMAGE_BYTES, 0x04030201);
    put_file(fixture->kernel, image, sizeof(image));
    set_ram(fixture, RAM_BASE, 64 * MIB);
    assert_loads(fixture, false, 0);
    assert_int_equal(result->kind, EL4_BOOT_LINUX);
    assert_true(result->aarch32);
    assert_int_equal(result->entry, RAM_BASE + 0x10000);
    assert_memory_equal(fixture->ram + 0x10000, image, sizeof(image));
    assert_true(result->dtb_address >= result->kernel_end);

    set_ram(fixture, RAM_BASE, 512 * MIB);
    assert_loads(fixture, false, 0);
    assert_int_equal(result->entry, RAM_BASE + 32 * MIB);
    assert_int_equal(result->dtb_address, RAM_BASE + 128 * MIB);
}

static void test_zimage_refused(void **state)
{
    struct fixture *fixture = *state;
    uint8_t image[ZIMAGE_BYTES];
    make_zimage(image, ZIMAGE_BYTES + 1, 0x04030201);
    put_file(fixture->kernel, image, sizeof(image));
    assert_fails(fixture, false, fixture->kernel,
                 "its header says 0x3e9 bytes and the file has 1000: it is damaged, fetch it "
                 "again");
    make_zimage(image, ZIMAGE_BYTES, 0x01020304);
    put_file(fixture->kernel, image, sizeof(image));
    assert_fails(fixture, false, fixture->kernel,
                 "a big-endian zImage; el4 boots little-endian ones only: build it without "
                 "CONFIG_CPU_BIG_ENDIAN");
    make_zimage(image, ZIMAGE_BYTES, 0x04030201);
    put_file(fixture->kernel, image, sizeof(image));
    set_ram(fixture, UINT64_C(0x100000000), 512 * MIB);
    assert_fails(fixture, false, fixture->kernel,
                 "the kernel needs 33 MiB of RAM below 4 GiB; there are 512 MiB at "
                 "0x100000000: raise [machine] memory");
}

/* What gzip makes of the data; the caller frees it. */
static uint8_t *pack(const void *data, size_t bytes, size_t *packed_bytes)
{
    z_stream stream = {.next_in = (Bytef *)data, .avail_in = (uInt)bytes};
    assert_int_equal(
        deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&stream, bytes);
    uint8_t *packed = g_malloc(room);
    stream.next_out = packed;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    *packed_bytes = room - stream.avail_out;
    deflateEnd(&stream);
    return packed;
}

static void test_gzip(void **state)
{
    struct fixture *fixture = *state;
    uint8_t image[IMAGE_BYTES];
    make_image(image, 0, 8 * MIB, 0);
    size_t bytes = 0;
    g_autofree uint8_t *packed = pack(image, sizeof(image), &bytes);
    put_file(fixture->kernel, packed, bytes);
    assert_loads(fixture, false, 0);
    assert_int_equal(fixture->result.kind, EL4_BOOT_LINUX);
    assert_memory_equal(fixture->ram, image, sizeof(image));

    put_file(fixture->kernel, packed, bytes - 9);
    assert_fails(fixture, false, fixture->kernel,
                 "its gzip data is damaged (it ends too early): fetch the file again");
    put_file(fixture->kernel, packed, 2);
    assert_fails(fixture, false, fixture->kernel,
                 "its gzip data is damaged (it ends too early): fetch the file again");
    packed[bytes - 6] ^= 1; /* the checksum */
    put_file(fixture->kernel, packed, bytes);
    assert_fails(fixture, false, fixture->kernel,
                 "its gzip data is damaged (incorrect data check): fetch the file again");

    /* A bomb. */
    g_autofree uint8_t *zeros = g_malloc0(36 * MIB);
    g_autofree uint8_t *bomb = pack(zeros, 36 * MIB, &bytes);
    put_file(fixture->kernel, bomb, bytes);
    set_ram(fixture, RAM_BASE, 32 * MIB);
    assert_fails(fixture, false, fixture->kernel,
                 "it unpacks to more than 32 MiB, which is all there is: raise [machine] "
                 "memory, or check the file");
}

static void test_zboot(void **state)
{
    struct fixture *fixture = *state;
    uint8_t image[IMAGE_BYTES];
    make_image(image, 0, 8 * MIB, 0);
    size_t bytes = 0;
    g_autofree uint8_t *packed = pack(image, sizeof(image), &bytes);
    g_autofree uint8_t *zboot = g_malloc0(512 + bytes);
    memcpy(zboot, "MZ\0\0zimg", 8);
    put_u32(zboot + 8, 512);
    put_u32(zboot + 12, (uint32_t)bytes);
    memcpy(zboot + 24, "gzip", 4);
    memcpy(zboot + 512, packed, bytes);
    put_file(fixture->kernel, zboot, 512 + bytes);
    assert_loads(fixture, false, 0);
    assert_memory_equal(fixture->ram, image, sizeof(image));

    put_u32(zboot + 12, (uint32_t)bytes + 1);
    put_file(fixture->kernel, zboot, 512 + bytes);
    g_autofree char *beyond =
        g_strdup_printf("an EFI zboot image whose payload (%zu bytes at 512) goes beyond its "
                        "end: fetch the file again",
                        bytes + 1);
    assert_fails(fixture, false, fixture->kernel, beyond);
    put_u32(zboot + 12, (uint32_t)bytes);
    memcpy(zboot + 24, "zs\001d", 4);
    put_file(fixture->kernel, zboot, 512 + bytes);
    assert_fails(fixture, false, fixture->kernel,
                 "an EFI zboot image compressed with 'zs?d'; el4 unpacks gzip only: unpack it, "
                 "or take the kernel's arch/arm64/boot/Image");
}

/* A program of two segments: text, and data with zeros after it; little-endian hosts only. */
struct program {
    Elf64_Ehdr header;
    Elf64_Phdr segments[3];
    uint8_t text[32];
    uint8_t data[16];
};

static struct program make_program(void)
{
    struct program program = {
        .header =
            {
                .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, 1},
                .e_type = ET_EXEC,
                .e_machine = EM_AARCH64,
                .e_entry = UINT64_C(0xffff000000000010),
                .e_phoff = offsetof(struct program, segments),
                .e_phentsize = sizeof(Elf64_Phdr),
                .e_phnum = 3,
            },
        .segments =
            {
                {.p_type = PT_NOTE, .p_offset = UINT64_MAX},
                {.p_type = PT_LOAD,
                 .p_offset = offsetof(struct program, text),
                 .p_vaddr = UINT64_C(0xffff000000000000),
                 .p_paddr = RAM_BASE + MIB,
                 .p_filesz = 32,
                 .p_memsz = 32},
                {.p_type = PT_LOAD,
                 .p_offset = offsetof(struct program, data),
                 .p_vaddr = UINT64_C(0xffff000000100000),
                 .p_paddr = RAM_BASE + 2 * MIB,
                 .p_filesz = 16,
                 .p_memsz = 200 * KIB},
            },
    };
    memset(program.text, 0x11, sizeof(program.text));
    memset(program.data, 0x22, sizeof(program.data));
    return program;
}

static void test_elf(void **state)
{
    struct fixture *fixture = *state;
    struct program program = make_program();
    put_file(fixture->kernel, &program, sizeof(program));
    assert_loads(fixture, false, 0);
    const struct el4_boot_result *result = &fixture->result;
    assert_int_equal(result->kind, EL4_BOOT_ELF);
    assert_false(result->aarch32);
    assert_int_equal(result->entry, RAM_BASE + MIB + 0x10);
    assert_int_equal(result->kernel_start, RAM_BASE + MIB);
    assert_int_equal(result->kernel_end, RAM_BASE + 2 * MIB + 200 * KIB);
    assert_memory_equal(fixture->ram + MIB, program.text, 32);
    assert_memory_equal(fixture->ram + 2 * MIB, program.data, 16);
    for (uint64_t i = 16; i < 200 * KIB; i++) {
        assert_int_equal(fixture->ram[2 * MIB + i], 0);
    }
    assert_int_equal(fixture->ram[2 * MIB + 200 * KIB], 0xee);
    assert_int_equal(result->dtb_address, RAM_BASE + 128 * MIB);

    /* A small machine has no room for a device tree, and the program may not want one. */
    set_ram(fixture, RAM_BASE, 3 * MIB);
    assert_loads(fixture, false, 0);
    assert_int_equal(result->dtb_address, 0);
    put_file(fixture->initrd, "x", 1);
    assert_fails(fixture, true, fixture->initrd,
                 "kernel, initrd and device tree need 6 MiB of RAM; there are 3 MiB: raise "
                 "[machine] memory");
}

static void test_elf32(void **state)
{
    struct fixture *fixture = *state;
    struct {
        Elf32_Ehdr header;
        Elf32_Phdr segment;
        uint8_t text[8];
    } program = {
        .header =
            {
                .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, 1},
                .e_type = ET_EXEC,
                .e_machine = EM_ARM,
                .e_entry = 0x40000003,
                .e_phoff = sizeof(Elf32_Ehdr),
                .e_phentsize = sizeof(Elf32_Phdr),
                .e_phnum = 1,
            },
        .segment = {.p_type = PT_LOAD,
                    .p_offset = sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr),
                    .p_vaddr = 0x40000000,
                    .p_paddr = 0x40000000,
                    .p_filesz = 8,
                    .p_memsz = 8},
        .text = "thumb",
    };
    put_file(fixture->kernel, &program, sizeof(program));
    assert_loads(fixture, false, 0);
    assert_int_equal(fixture->result.kind, EL4_BOOT_ELF);
    assert_true(fixture->result.aarch32);
    assert_int_equal(fixture->result.entry, 0x40000003);
    assert_memory_equal(fixture->ram, "thumb", 6);
}

static void assert_elf_fails(struct fixture *fixture, const struct program *program,
                             size_t bytes, const char *message)
{
    put_file(fixture->kernel, program, bytes);
    assert_fails(fixture, false, fixture->kernel, message);
}

static void test_elf_faults(void **state)
{
    struct fixture *fixture = *state;
    const struct program good = make_program();
    struct program bad = good;
    assert_elf_fails(fixture, &bad, 30, "an ELF file without a whole header: it is damaged");
    bad.header.e_ident[EI_CLASS] = 7;
    assert_elf_fails(fixture, &bad, sizeof(bad),
                     "an ELF file without a whole header: it is damaged");
    bad = good;
    bad.header.e_ident[EI_DATA] = ELFDATA2MSB;
    assert_elf_fails(fixture, &bad, sizeof(bad),
                     "a big-endian ELF program; el4 loads little-endian ones only");
    bad = good;
    bad.header.e_machine = EM_X86_64;
    assert_elf_fails(fixture, &bad, sizeof(bad),
                     "an ELF program for another processor (ELF machine 62); 183 (AArch64) or, "
                     "with 32 bits, 40 (Arm) is wanted");
    bad = good;
    bad.header.e_type = ET_REL;
    assert_elf_fails(fixture, &bad, sizeof(bad),
                     "an ELF file of type 1, which is no program: link it");
    bad = good;
    bad.header.e_phoff = UINT64_MAX - 10;
    assert_elf_fails(fixture, &bad, sizeof(bad),
                     "an ELF file without a usable table of segments (3 entries of 56 bytes at "
                     "18446744073709551605): it is damaged, or not a program");
    bad = good;
    bad.header.e_phnum = 60000;
    assert_elf_fails(fixture, &bad, sizeof(bad),
                     "an ELF file without a usable table of segments (60000 entries of 56 "
                     "bytes at 64): it is damaged, or not a program");
    bad = good;
    bad.header.e_phentsize = 1;
    assert_elf_fails(fixture, &bad, sizeof(bad),
                     "an ELF file without a usable table of segments (3 entries of 1 bytes at "
                     "64): it is damaged, or not a program");
    bad = good;
    bad.segments[1].p_offset = UINT64_MAX;
    assert_elf_fails(fixture, &bad, sizeof(bad),
                     "segment 1 (32 bytes at 18446744073709551615) goes beyond the file's end: "
                     "it is incomplete, copy it again");
    bad = good;
    bad.segments[2].p_memsz = 8;
    assert_elf_fails(fixture, &bad, sizeof(bad),
                     "segment 2 has 16 bytes in the file and 8 at address 0x40200000, which "
                     "makes no sense: it is damaged");
    bad = good;
    bad.segments[2].p_paddr = UINT64_MAX - 100;
    assert_elf_fails(fixture, &bad, sizeof(bad),
                     "segment 2 has 16 bytes in the file and 204800 at address "
                     "0xffffffffffffff9b, which makes no sense: it is damaged");
    bad = good;
    bad.segments[2].p_memsz = UINT64_C(1) << 40;
    assert_elf_fails(fixture, &bad, sizeof(bad),
                     "its segments want far more memory than the 512 MiB that there are: it is "
                     "damaged, or not for this machine");
    bad = good;
    bad.segments[1].p_paddr = 0x1000;
    assert_elf_fails(fixture, &bad, sizeof(bad),
                     "it wants 32 bytes at 0x1000, and not all of that is memory; RAM is 512 "
                     "MiB at 0x40000000: link or load it elsewhere, or raise [machine] memory");
    bad = good;
    bad.segments[1].p_type = bad.segments[2].p_type = PT_NOTE;
    assert_elf_fails(fixture, &bad, sizeof(bad), "an ELF file with nothing to load in it");
}

static void test_raw(void **state)
{
    struct fixture *fixture = *state;
    put_file(fixture->kernel, "\x1f\x20\x03\xd5", 4);
    assert_loads(fixture, false, 0);
    assert_int_equal(fixture->result.kind, EL4_BOOT_RAW);
    assert_int_equal(fixture->result.entry, RAM_BASE + 0x80000);
    assert_memory_equal(fixture->ram + 0x80000, "\x1f\x20\x03\xd5", 4);
    assert_loads(fixture, false, RAM_BASE + 0x1000);
    assert_int_equal(fixture->result.entry, RAM_BASE + 0x1000);

    /* Late in RAM: the rest goes before it. */
    put_file(fixture->initrd, "x", 1);
    set_ram(fixture, RAM_BASE, 7 * MIB);
    assert_loads(fixture, true, RAM_BASE + 5 * MIB);
    assert_int_equal(fixture->result.initrd_start, RAM_BASE);
    assert_int_equal(fixture->result.dtb_address, RAM_BASE + 2 * MIB);
    GError *error = NULL;
    assert_false(load(fixture, false, RAM_BASE + 7 * MIB - 3, &error));
    g_error_free(error);
    error = NULL;
    assert_false(load(fixture, false, UINT64_MAX - 1, &error));
    g_error_free(error);
}

static void test_placement(void **state)
{
    struct fixture *fixture = *state;
    uint8_t image[IMAGE_BYTES];
    /* A kernel that reaches beyond 128 MiB: the initrd goes after it. */
    make_image(image, 0, 200 * MIB, 0);
    put_file(fixture->kernel, image, sizeof(image));
    put_sparse(fixture->initrd, 30 * MIB + 1);
    assert_loads(fixture, true, 0);
    assert_int_equal(fixture->result.initrd_start, RAM_BASE + 200 * MIB);
    assert_int_equal(fixture->result.dtb_address, RAM_BASE + 232 * MIB);

    /* An initrd too large for the second half of RAM, but not for what the kernel leaves. */
    make_image(image, 0, 20 * MIB, 0);
    put_file(fixture->kernel, image, sizeof(image));
    set_ram(fixture, RAM_BASE, 54 * MIB);
    assert_loads(fixture, true, 0);
    assert_int_equal(fixture->result.initrd_start, RAM_BASE + 20 * MIB);
    assert_int_equal(fixture->result.dtb_address, RAM_BASE + 52 * MIB);

    set_ram(fixture, RAM_BASE, 53 * MIB);
    assert_fails(fixture, true, fixture->initrd,
                 "kernel, initrd and device tree need 54 MiB of RAM; there are 53 MiB: raise "
                 "[machine] memory");
    set_ram(fixture, RAM_BASE, 21 * MIB);
    assert_fails(fixture, false, fixture->kernel,
                 "kernel, initrd and device tree need 22 MiB of RAM; there are 21 MiB: raise "
                 "[machine] memory");
}

static void test_files(void **state)
{
    struct fixture *fixture = *state;
    assert_fails(fixture, false, fixture->kernel,
                 "cannot be opened: No such file or directory");
    put_file(fixture->kernel, "", 0);
    assert_fails(fixture, false, fixture->kernel, "is empty");
    put_file(fixture->kernel, "raw", 3);
    assert_fails(fixture, true, fixture->initrd, "cannot be opened: No such file or directory");
    put_file(fixture->initrd, "", 0);
    assert_fails(fixture, true, fixture->initrd, "is empty");

    g_autoptr(GError) error = NULL;
    assert_null(el4_boot_read_file(fixture->folder, 100, &error));
    assert_true(g_str_has_suffix(error->message, ": is not a regular file"));
    g_clear_error(&error);
    g_unlink(fixture->initrd);
    assert_int_equal(mkfifo(fixture->initrd, 0600), 0);
    assert_fails(fixture, true, fixture->initrd, "is not a regular file");
    assert_null(el4_boot_read_file(fixture->kernel, 2, &error));
    assert_true(g_str_has_suffix(error->message,
                                 ": has 3 bytes, and 2 at most fit: is it the right file?"));
    g_clear_error(&error);

    uint64_t bytes = 0;
    assert_true(
        el4_boot_load_flat(fixture->kernel, &fixture->target, RAM_BASE + 5, 3, &bytes, &error));
    assert_int_equal(bytes, 3);
    assert_memory_equal(fixture->ram + 5, "raw", 3);
    assert_false(el4_boot_load_flat(fixture->kernel, &fixture->target, 0, 3, &bytes, &error));
    assert_non_null(strstr(error->message, "it wants 3 bytes at 0x0"));
}

/* Damage a good file at random places, or cut it, and load what is left. */
static void damage(struct fixture *fixture, GRand *random, const void *data, size_t bytes,
                   int rounds)
{
    for (int i = 0; i < rounds; i++) {
        g_autofree uint8_t *copy = g_memdup2(data, bytes);
        for (int n = g_rand_int_range(random, 1, 5); n; n--) {
            /* Most of what matters is at the front. */
            size_t end = g_rand_boolean(random) ? MIN(bytes, 64) : bytes;
            copy[g_rand_int_range(random, 0, (int)end)] =
                g_rand_boolean(random) ? 0xff : (uint8_t)g_rand_int(random);
        }
        size_t length = g_rand_int_range(random, 0, 4)
                            ? bytes
                            : (size_t)g_rand_int_range(random, 0, (int)bytes);
        put_file(fixture->kernel, copy, length);
        g_autoptr(GError) error = NULL;
        bool ok = load(fixture, false, 0, &error);
        assert_true(ok == !error);
        if (ok) {
            const struct el4_boot_result *result = &fixture->result;
            assert_true(result->kernel_start <= result->kernel_end);
            assert_true(result->kernel_end <= RAM_BASE + fixture->target.ram_bytes);
            assert_true(result->dtb_address == 0 || result->dtb_address >= result->kernel_end ||
                        result->dtb_address + EL4_BOOT_DTB_MAX <= result->kernel_start);
        }
    }
}

static void test_damaged(void **state)
{
    struct fixture *fixture = *state;
    set_ram(fixture, RAM_BASE, 16 * MIB);
    GRand *random = g_rand_new_with_seed(41);
    struct program program = make_program();
    damage(fixture, random, &program, sizeof(program), 1000);
    uint8_t image[IMAGE_BYTES];
    make_image(image, 0, MIB, 0);
    damage(fixture, random, image, sizeof(image), 500);
    size_t bytes = 0;
    g_autofree uint8_t *packed = pack(&program, sizeof(program), &bytes);
    damage(fixture, random, packed, bytes, 500);
    for (int i = 0; i < 300; i++) {
        for (size_t at = 0; at < sizeof(image); at++) {
            image[at] = (uint8_t)g_rand_int(random);
        }
        damage(fixture, random, image, sizeof(image), 1);
    }
    g_rand_free(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_image, setup, teardown),
        cmocka_unit_test_setup_teardown(test_image_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_zimage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_zimage_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gzip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_zboot, setup, teardown),
        cmocka_unit_test_setup_teardown(test_elf, setup, teardown),
        cmocka_unit_test_setup_teardown(test_elf32, setup, teardown),
        cmocka_unit_test_setup_teardown(test_elf_faults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_raw, setup, teardown),
        cmocka_unit_test_setup_teardown(test_placement, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
