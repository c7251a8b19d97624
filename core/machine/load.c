/* SPDX-License-Identifier: MIT */
/*
 * [boot] load: files put into memory as they are at each reset, beside what is started: the
 * kernel that firmware finds in memory, a Secure payload.
 */
#include "machine/private.h"

#include <errno.h>
#include <string.h>

#define LOAD_MAX (UINT64_C(4) << 30)

/* FILE@ADDRESS; the path may have an '@' of its own. */
static bool parse_word(const struct el4_config *config, const char *word, char **path,
                       uint64_t *address, GError **error)
{
    const char *at = strrchr(word, '@');
    char *end = NULL;
    errno = 0;
    if (at && g_ascii_isdigit(at[1])) {
        *address = g_ascii_strtoull(at + 1, &end, 0);
    }
    if (!at || at == word || !end || *end || errno) {
        el4_config_value_error(config, "boot", "load", error,
                               "'%s' is not FILE@ADDRESS, as in bl33.bin@0x60000000", word);
        return false;
    }
    *path = g_strndup(word, (gsize)(at - word));
    return true;
}

bool el4_machine_check_loads(const struct el4_config *config, GError **error)
{
    const char *const *words = el4_config_get_list(config, "boot", "load", NULL);
    for (; words && *words; words++) {
        g_autofree char *path = NULL;
        uint64_t address;
        if (!parse_word(config, *words, &path, &address, error) ||
            !el4_machine_check_file(config, "load", path, error)) {
            return false;
        }
    }
    return true;
}

bool el4_machine_load_files(const struct el4_config *config,
                            const struct el4_boot_target *target, GError **error)
{
    const char *const *words = el4_config_get_list(config, "boot", "load", NULL);
    for (; words && *words; words++) {
        g_autofree char *path = NULL;
        uint64_t address, bytes;
        if (!parse_word(config, *words, &path, &address, error) ||
            !el4_boot_load_flat(path, target, address, LOAD_MAX, &bytes, error)) {
            return false;
        }
    }
    return true;
}
