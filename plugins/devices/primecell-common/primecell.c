/* SPDX-License-Identifier: MIT */
/*
 * The part of a PrimeCell's page that is the same in all of them.
 */
#include "primecell.h"

enum {
    REG_PERIPHERAL_ID = 0xfe0,
    REG_CELL_ID = 0xff0,
};

#define CELL_ID 0xb105f00du

static void log_unknown(const struct primecell *cell, const struct el4_host *host,
                        struct el4_instance *self, const char *access, uint64_t offset)
{
    bool is_test = offset >= cell->test && offset < cell->test_end;
    host->log(self, is_test ? EL4_LOG_UNIMPLEMENTED : EL4_LOG_GUEST_ERROR,
              "%s at 0x%03x, where nothing is", access, (unsigned)offset);
}

uint32_t el4_primecell_read(const struct primecell *cell, const struct el4_host *host,
                            struct el4_instance *self, uint64_t offset)
{
    if (offset >= REG_PERIPHERAL_ID && offset < PRIMECELL_BYTES) {
        uint32_t id = offset < REG_CELL_ID ? cell->peripheral_id : CELL_ID;
        return id >> (offset >> 2 & 3) * 8 & 0xff;
    }
    log_unknown(cell, host, self, "read", offset);
    return 0;
}

void el4_primecell_write(const struct primecell *cell, const struct el4_host *host,
                         struct el4_instance *self, uint64_t offset)
{
    log_unknown(cell, host, self, "write", offset);
}
