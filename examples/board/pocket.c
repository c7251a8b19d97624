/* SPDX-License-Identifier: MIT */
/* A board: memory, an interrupt controller, a console; enough for Linux. */
#include <el4/board.h>
#include <el4/service.h>
#include <stdlib.h>

enum { MIB = 1 << 20, CPUS_MAX = 8, UART_INTID = 33 };

/* Interrupts of a CPU's timers, by enum el4_cpu_wire: physical, virtual, EL2's, Secure. */
static const uint32_t timer_intids[] = {30, 27, 26, 29};
enum { TIMERS = sizeof(timer_intids) / sizeof(timer_intids[0]) };

struct pocket {
    const struct el4_host *host;
    struct el4_instance *self;
};

/* A PL011 has two clocks; Linux wants to know the first one's rate. */
static void uart_fdt(void *state, struct el4_fdt *fdt)
{
    struct pocket *board = state;
    uint32_t clock = board->host->fdt_phandle(fdt, "clock");
    board->host->fdt_cells(fdt, "clocks", (uint32_t[]){clock, clock}, 2);
    board->host->fdt_strings(fdt, "clock-names",
                             (const char *const[]){"uartclk", "apb_pclk", NULL});
}

static bool add_devices(struct pocket *board)
{
    static const struct el4_board_setting console[] = {{"backend", "terminal"}, {0}};
    static const char *const pl011[] = {"arm,pl011", "arm,primecell", NULL};
    const struct el4_board_device gic = {
        .struct_size = sizeof(gic),
        .name = "gic",
        .plugin = "gicv2",
        .regions = {{.base = 0x2c000000},
                    {.base = 0x2c010000}}, /* distributor, CPU interface */
        .region_count = 2,
        .node = "interrupt-controller",
        .interrupt_controller = true,
    };
    const struct el4_board_device uart = {
        .struct_size = sizeof(uart),
        .name = "uart0",
        .plugin = "pl011",
        .regions = {{.base = 0x1c090000}},
        .region_count = 1,
        .irqs = {{0, UART_INTID, EL4_IRQ_LEVEL_HIGH}},
        .irq_count = 1,
        .settings = console,
        .node = "serial",
        .compatible = pl011,
        .fdt = uart_fdt,
    };
    return board->host->board_device(board->self, &gic) &&
           board->host->board_device(board->self, &uart);
}

static bool build(void *state)
{
    struct pocket *board = state;
    const struct el4_board_memory ram = {
        .struct_size = sizeof(ram),
        .name = "ram",
        .base = 0x80000000,
        .bytes = board->host->machine_uint(board->self, "memory"),
        .main = true,
    };
    const struct el4_board_boot boot = {
        .struct_size = sizeof(boot), .ram_base = ram.base, .reset_address = ram.base};
    bool done = board->host->board_memory(board->self, &ram) && add_devices(board) &&
                board->host->board_boot(board->self, &boot);
    for (unsigned cpu = 0; cpu < board->host->cpu_count(board->self); cpu++) {
        for (unsigned timer = 0; timer < TIMERS && done; timer++) {
            const struct el4_board_wire wire = {
                .struct_size = sizeof(wire),
                .cpu = cpu,
                .output = timer,
                .to_device = "gic",
                .input = EL4_INPUT_PRIVATE(cpu, timer_intids[timer]),
            };
            done = board->host->board_wire(board->self, &wire);
        }
    }
    return done;
}

/* What the tables do not say. el4 adds CPUs, memory, the devices above, services. */
static void root_fdt(void *state, struct el4_fdt *fdt)
{
    /* Secure, physical, virtual, EL2's: private (1), numbered from 16, level (4). */
    static const uint32_t interrupts[] = {1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4};
    const struct el4_host *host = ((struct pocket *)state)->host;
    el4_fdt_add_string(host, fdt, "compatible", "example,pocket");
    el4_fdt_add_cell(host, fdt, "#address-cells", 2);
    el4_fdt_add_cell(host, fdt, "#size-cells", 2);
    host->fdt_cells(fdt, "interrupt-parent", (uint32_t[]){host->fdt_phandle(fdt, "gic")}, 1);
    host->fdt_begin(fdt, "aliases");
    el4_fdt_add_string(host, fdt, "serial0", "/serial@1c090000");
    host->fdt_end(fdt);
    host->fdt_begin(fdt, "clock");
    el4_fdt_add_string(host, fdt, "compatible", "fixed-clock");
    el4_fdt_add_cell(host, fdt, "#clock-cells", 0);
    el4_fdt_add_cell(host, fdt, "clock-frequency", 24000000);
    host->fdt_label(fdt, "clock");
    host->fdt_end(fdt);
    host->fdt_begin(fdt, "timer");
    el4_fdt_add_string(host, fdt, "compatible", "arm,armv8-timer");
    host->fdt_cells(fdt, "interrupts", interrupts, sizeof(interrupts) / 4);
    host->fdt_end(fdt);
}

static const char *default_chain(void *state, unsigned conduit)
{
    return conduit == EL4_CONDUIT_HVC ? "psci, smccc-arch, smccc-unknown" : NULL;
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct pocket *board = malloc(sizeof(*board));
    if (board) {
        *board = (struct pocket){.host = host, .self = self};
    }
    return board;
}

static const struct el4_board_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = free,
    .build = build,
    .default_cpu = "cortex-a53",
    .cpus_max = CPUS_MAX,
    .counter_hz = 62500000,
    .memory_default = 256 * MIB,
    .default_chain = default_chain,
    .fdt = root_fdt,
};

EL4_PLUGIN_DEFINE(pocket) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_BOARD,
    .name = "pocket",
    .version = "1.0",
    .description = "The smallest board that boots Linux",
    .operations = &operations,
};
