/* SPDX-License-Identifier: MIT */
/*
 * What the PrimeCells have in common: a page of registers whose last eight identify the cell,
 * and registers for integration tests, which are not modelled.
 */
#ifndef PRIMECELL_H
#define PRIMECELL_H

#include <el4/device.h>

#define PRIMECELL_BYTES 0x1000u

struct primecell {
    uint32_t peripheral_id; /* a byte each in PeriphID3 to PeriphID0 */
    /* First integration test register, and the offset after the last; both 0: none. */
    uint16_t test, test_end;
};

/* What is read where the cell has no register of its own: an identification byte, or zero and
 * a line in the log. */
uint32_t el4_primecell_read(const struct primecell *cell, const struct el4_host *host,
                            struct el4_instance *self, uint64_t offset);
/* Log that nothing takes a write. */
void el4_primecell_write(const struct primecell *cell, const struct el4_host *host,
                         struct el4_instance *self, uint64_t offset);

#endif
