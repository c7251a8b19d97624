/* SPDX-License-Identifier: MIT */
/*
 * System registers of the Calxeda ECX-1000 (highbank) and ECX-2000 (midway), as far as Linux
 * uses them (arch/arm/mach-highbank, drivers/clk/clk-highbank.c): PLLs that are always locked,
 * clock dividers, coherency enables, power requests.
 */
#include <el4/device.h>
#include <stdlib.h>

enum {
    REG_COHERENCY = 0x000, /* of the XGMACs and SATA: 0x000, 0x004, 0x00c */
    REG_COHERENCY_END = 0x010,
    REG_A9_PLL = 0x100,
    REG_A9_DIVIDER = 0x104,
    REG_DDR_PLL = 0x108,
    REG_EMMC_PLL = 0x10c,
    REG_EMMC_DIVIDER = 0x114,
    REG_CPU_POWER = 0x200, /* of each core (ECX-2000); the L2's ECC on the ECX-1000 */
    REG_CPU_POWER_END = 0x300,
    REG_POWER_REQUEST = 0xf00,
    REG_BOOT_STATUS = 0xf04,
    REG_BOOT_DATA = 0xf08,
    REG_END = 0x1000,
};

enum { POWER_SUSPEND = 0, POWER_SOFT_RESET = 1, POWER_HARD_RESET = 2, POWER_OFF = 3 };

#define PLL_LOCKED (1u << 28 | 1u << 29) /* lock, lock500 */

struct calxeda_sregs {
    const struct el4_host *host;
    struct el4_instance *self;
    uint32_t words[REG_END / 4];
};

static bool is_pll(uint64_t offset)
{
    return offset == REG_A9_PLL || offset == REG_DDR_PLL || offset == REG_EMMC_PLL;
}

/* Registers that are known to hold what is written. */
static bool is_stored(uint64_t offset)
{
    return offset < REG_COHERENCY_END || is_pll(offset) || offset == REG_A9_DIVIDER ||
           offset == REG_EMMC_DIVIDER || offset == REG_POWER_REQUEST ||
           offset == REG_BOOT_STATUS || offset == REG_BOOT_DATA ||
           (offset >= REG_CPU_POWER && offset < REG_CPU_POWER_END);
}

static enum el4_mmio_result calxeda_sregs_read(void *state, uint64_t offset, unsigned size,
                                               uint64_t *value, const struct el4_access *access)
{
    struct calxeda_sregs *sregs = state;
    *value = sregs->words[offset / 4] | (is_pll(offset) ? PLL_LOCKED : 0);
    if (!is_stored(offset)) {
        sregs->host->log(sregs->self, EL4_LOG_UNIMPLEMENTED, "read of 0x%03x",
                         (unsigned)offset);
    }
    return EL4_MMIO_OK;
}

/* Hardware acts when all CPUs wait for interrupts; nobody can tell the difference. */
static void request_power(struct calxeda_sregs *sregs, uint32_t request)
{
    switch (request) {
    case POWER_SOFT_RESET: sregs->host->system_event(sregs->self, EL4_SYSTEM_WARM_RESET); break;
    case POWER_HARD_RESET: sregs->host->system_event(sregs->self, EL4_SYSTEM_RESET); break;
    case POWER_OFF: sregs->host->system_event(sregs->self, EL4_SYSTEM_OFF); break;
    case UINT32_MAX: break; /* takes a request back */
    default:
        sregs->host->log(sregs->self, EL4_LOG_UNIMPLEMENTED, "power request %u%s", request,
                         request == POWER_SUSPEND ? " (suspend)" : "");
        break;
    }
}

static enum el4_mmio_result calxeda_sregs_write(void *state, uint64_t offset, unsigned size,
                                                uint64_t value, const struct el4_access *access)
{
    struct calxeda_sregs *sregs = state;
    if (!is_stored(offset)) {
        sregs->host->log(sregs->self, EL4_LOG_UNIMPLEMENTED, "write of 0x%x to 0x%03x",
                         (unsigned)value, (unsigned)offset);
        return EL4_MMIO_OK;
    }
    sregs->words[offset / 4] = (uint32_t)value;
    if (offset == REG_POWER_REQUEST) {
        request_power(sregs, (uint32_t)value);
    }
    return EL4_MMIO_OK;
}

/* What the boot ROM leaves: A9 at 800 MHz, DDR at 400, eMMC at 200, peripherals at A9 / 4. */
static void calxeda_sregs_reset(void *state)
{
    struct calxeda_sregs *sregs = state;
    for (unsigned i = 0; i < REG_END / 4; i++) {
        sregs->words[i] = 0;
    }
    sregs->words[REG_A9_PLL / 4] = 0x05f20121;
    sregs->words[REG_A9_DIVIDER / 4] = 2;
    sregs->words[REG_DDR_PLL / 4] = 0x05f30121;
    sregs->words[REG_EMMC_PLL / 4] = 0x05f40121;
}

static void *calxeda_sregs_create(const struct el4_host *host, struct el4_instance *self)
{
    static const struct el4_mmio registers = {
        .struct_size = sizeof(registers),
        .bytes = REG_END,
        .read = calxeda_sregs_read,
        .write = calxeda_sregs_write,
    };
    struct calxeda_sregs *sregs = calloc(1, sizeof(*sregs));
    if (!sregs) {
        host->fail(self, "out of memory");
        return NULL;
    }
    sregs->host = host;
    sregs->self = self;
    if (!host->mmio_declare(self, 0, &registers)) {
        free(sregs);
        return NULL;
    }
    return sregs;
}

static const struct el4_device_operations operations = {
    .struct_size = sizeof(operations),
    .create = calxeda_sregs_create,
    .destroy = free,
    .reset = calxeda_sregs_reset,
};

EL4_PLUGIN_DEFINE(calxeda_sregs) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_DEVICE,
    .name = "calxeda-sregs",
    .version = "1.0",
    .description = "System registers of the Calxeda ECX-1000 and ECX-2000",
    .operations = &operations,
};
