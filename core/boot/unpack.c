/* SPDX-License-Identifier: MIT */
/*
 * Compressed kernels: gzip, and Linux's EFI zboot images, whose payload is compressed. What
 * comes out is bounded, as a small file may unpack to any size.
 */
#include <string.h>
#include <zlib.h>

#include "boot/private.h"

/* EFI zboot header (Linux, drivers/firmware/efi/libstub/zboot-header.S). */
#define ZBOOT_MAGIC_AT   4
#define ZBOOT_PAYLOAD_AT 8
#define ZBOOT_BYTES_AT   12
#define ZBOOT_TYPE_AT    24
#define ZBOOT_TYPE_BYTES 32

static bool is_gzip(const uint8_t *data, size_t bytes)
{
    return bytes >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

/* Inflate until the end; returns zlib's last word. */
static int inflate_all(z_stream *stream, GByteArray *out, uint64_t bytes_max)
{
    int status = Z_OK;
    while (status == Z_OK && out->len <= bytes_max) {
        uint8_t buffer[64u << 10];
        stream->next_out = buffer;
        stream->avail_out = sizeof(buffer);
        status = inflate(stream, Z_NO_FLUSH);
        g_byte_array_append(out, buffer, (guint)(sizeof(buffer) - stream->avail_out));
    }
    return status;
}

static GBytes *gunzip(const struct el4_boot_file *file, uint64_t bytes_max, GError **error)
{
    /* zlib and GByteArray count in 32 bits. */
    bytes_max = MIN(bytes_max, (uint64_t)1 << 30);
    if (file->bytes > UINT32_MAX) {
        el4_boot_fail(file, error, "a compressed kernel of %zu bytes is not a kernel",
                      file->bytes);
        return NULL;
    }
    z_stream stream = {.next_in = (Bytef *)file->data, .avail_in = (uInt)file->bytes};
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) {
        el4_boot_fail(file, error, "cannot unpack: zlib does not start");
        return NULL;
    }
    g_autoptr(GByteArray) out = g_byte_array_new();
    int status = inflate_all(&stream, out, bytes_max);
    g_autofree char *reason = g_strdup(stream.msg ? stream.msg : "it ends too early");
    inflateEnd(&stream);
    if (out->len > bytes_max) {
        el4_boot_fail(file, error,
                      "it unpacks to more than %" G_GUINT64_FORMAT
                      " MiB, which is all there is: raise [machine] memory, or check the file",
                      bytes_max >> 20);
        return NULL;
    }
    if (status != Z_STREAM_END) {
        el4_boot_fail(file, error, "its gzip data is damaged (%s): fetch the file again",
                      reason);
        return NULL;
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&out));
}

static GBytes *unpack_zboot(const struct el4_boot_file *file, uint64_t bytes_max,
                            GError **error)
{
    uint32_t at = el4_boot_u32(file->data + ZBOOT_PAYLOAD_AT);
    uint32_t bytes = el4_boot_u32(file->data + ZBOOT_BYTES_AT);
    char type[ZBOOT_TYPE_BYTES + 1] = "";
    memcpy(type, file->data + ZBOOT_TYPE_AT, ZBOOT_TYPE_BYTES);
    if (at > file->bytes || bytes > file->bytes - at) {
        el4_boot_fail(file, error,
                      "an EFI zboot image whose payload (%u bytes at %u) goes beyond its end: "
                      "fetch the file again",
                      bytes, at);
        return NULL;
    }
    if (strcmp(type, "gzip") != 0) {
        g_autofree char *printable = g_str_to_ascii(type, "C");
        el4_boot_fail(
            file, error,
            "an EFI zboot image compressed with '%s'; el4 unpacks gzip only: unpack "
            "it, or take the kernel's arch/arm64/boot/Image",
            g_strcanon(printable, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.+", '?'));
        return NULL;
    }
    struct el4_boot_file payload = {
        .path = file->path, .data = file->data + at, .bytes = bytes};
    return gunzip(&payload, bytes_max, error);
}

GBytes *el4_boot_unpack(GBytes *packed, const char *path, uint64_t bytes_max, GError **error)
{
    struct el4_boot_file file = {.path = path};
    file.data = g_bytes_get_data(packed, &file.bytes);
    if (is_gzip(file.data, file.bytes)) {
        return gunzip(&file, bytes_max, error);
    }
    if (file.bytes >= ZBOOT_TYPE_AT + ZBOOT_TYPE_BYTES && memcmp(file.data, "MZ", 2) == 0 &&
        memcmp(file.data + ZBOOT_MAGIC_AT, "zimg", 4) == 0) {
        return unpack_zboot(&file, bytes_max, error);
    }
    return g_bytes_ref(packed);
}
