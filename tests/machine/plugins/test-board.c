/* SPDX-License-Identifier: MIT */
/*
 * A board of 16 MiB of RAM and one device, test-device "dev0", that makes the mistake which its
 * key `mistake` names.
 */
#include <el4/board.h>
#include <stdlib.h>
#include <string.h>

#define RAM_BASE 0x40000000u
#define DEVICE   0x10000000u
#define MEMORY   0x20000000u

struct board {
    const struct el4_host *host;
    struct el4_instance *self;
    const char *mistake;
};

static bool makes(const struct board *board, const char *mistake)
{
    return board->mistake && !strcmp(board->mistake, mistake);
}

static bool add_ram(struct board *board, const char *name, uint64_t base, uint64_t bytes)
{
    struct el4_board_memory ram = {
        .struct_size = sizeof(ram),
        .name = name,
        .base = base,
        .bytes = bytes,
        .main = base == RAM_BASE,
    };
    if (makes(board, "memory-size")) {
        ram.bytes = 1000;
    }
    if (makes(board, "small-memory")) {
        ram.struct_size = 8;
    }
    return board->host->board_memory(board->self, &ram);
}

static bool add_device(struct board *board, const char *name, uint64_t base)
{
    static const struct el4_board_setting unknown_key[] = {{"nonsense", "1"}, {0}};
    static const struct el4_board_setting bad_value[] = {{"speed", "fast"}, {0}};
    static const struct el4_board_setting speed[] = {{"speed", "5"}, {0}};
    struct el4_board_device device = {
        .struct_size = sizeof(device),
        .name = name,
        .plugin = "test-device",
        .regions = {{.base = base}},
        .region_count = 1,
        .irqs = {{.output = 0, .intid = 32}},
        .irq_count = 1,
        .settings = speed,
        .node = "test",
    };
    if (makes(board, "memory") || makes(board, "memory-in-part")) {
        /* Two devices at the same addresses: one in each view. */
        device.view = strcmp(name, "dev0") ? EL4_VIEW_NONSECURE : EL4_VIEW_SECURE;
        device.node = NULL;
        device.regions[1].base = MEMORY;
        device.regions[2].base = MEMORY + 0x10000;
        device.region_count = 3;
        device.regions[2].bytes = makes(board, "memory-in-part") ? 0x1000 : 0;
    }
    if (makes(board, "unknown-plugin")) {
        device.plugin = "test-nothing";
    } else if (makes(board, "service-as-device")) {
        device.plugin = "test-service";
    } else if (makes(board, "no-name")) {
        device.name = NULL;
    } else if (makes(board, "no-plugin")) {
        device.plugin = NULL;
    } else if (makes(board, "many-regions")) {
        device.region_count = EL4_BOARD_REGIONS_MAX + 1;
    } else if (makes(board, "missing-region")) {
        device.region_count = 2;
    } else if (makes(board, "large-region")) {
        device.regions[0].bytes = 0x100000;
    } else if (makes(board, "high-output")) {
        device.irqs[0].output = 0xfffffff0;
    } else if (makes(board, "unknown-setting")) {
        device.settings = unknown_key;
    } else if (makes(board, "bad-setting")) {
        device.settings = bad_value;
    } else if (makes(board, "small-device")) {
        device.struct_size = 0;
    } else if (makes(board, "bare-controller")) {
        device.plugin = "test-device-bare";
        device.interrupt_controller = true;
    } else if (makes(board, "two-controllers")) {
        device.interrupt_controller = true;
    } else if (makes(board, "bare") || makes(board, "bare-device")) {
        device.plugin = "test-device-bare";
    } else if (!strcmp(name, "dev0")) {
        device.interrupt_controller = true;
    }
    return board->host->board_device(board->self, &device);
}

static bool add_wire(struct board *board)
{
    struct el4_board_wire wire = {
        .struct_size = sizeof(wire),
        .from_device = "dev0",
        .to_device = "dev0",
    };
    if (makes(board, "wire-to-nobody")) {
        wire.to_device = "dev9";
    } else if (makes(board, "wire-to-null")) {
        wire.to_device = NULL;
    } else if (makes(board, "wire-from-nobody")) {
        wire.from_device = "dev9";
    } else if (makes(board, "wire-from-high-output")) {
        wire.output = 1u << 31;
    } else if (makes(board, "wire-from-no-cpu")) {
        wire.from_device = NULL;
        wire.cpu = 99;
    } else if (makes(board, "small-wire")) {
        wire.struct_size = 8;
    } else if (!makes(board, "bare")) {
        return true;
    }
    return board->host->board_wire(board->self, &wire);
}

static bool add_second(struct board *board)
{
    if (makes(board, "ram-on-ram")) {
        return add_ram(board, "more", RAM_BASE + 0x100000, 0x1000);
    }
    if (makes(board, "device-on-ram")) {
        return add_device(board, "dev1", RAM_BASE + 0x100000);
    }
    if (makes(board, "device-on-device")) {
        return add_device(board, "dev1", DEVICE + 0x800);
    }
    if (makes(board, "same-name")) {
        return add_device(board, "dev0", DEVICE + 0x10000);
    }
    if (makes(board, "two-controllers")) {
        return add_device(board, "dev1", DEVICE + 0x10000);
    }
    if (makes(board, "memory")) {
        return add_device(board, "dev1", DEVICE);
    }
    if (makes(board, "beyond-the-end")) {
        return add_ram(board, "more", UINT64_MAX - 0xfff, 0x2000);
    }
    return true;
}

static bool add_place(struct board *board)
{
    static const struct el4_board_setting none[] = {{0}};
    struct el4_board_place place = {.struct_size = sizeof(place), .device = "dev1"};
    place.disk = makes(board, "place-for-nothing") ? NULL : none;
    if (makes(board, "place-late")) {
        place.device = "dev0";
    } else if (makes(board, "small-place")) {
        place.struct_size = 8;
    } else if (makes(board, "place-twice")) {
        board->host->board_place(board->self, &place);
    } else if (!makes(board, "place-for-nothing")) {
        return true;
    }
    return board->host->board_place(board->self, &place);
}

static bool build(void *state)
{
    struct board *board = state;
    struct el4_board_boot boot = {.struct_size = sizeof(boot), .ram_base = RAM_BASE};
    if (makes(board, "fail-at-once")) {
        return false;
    }
    if (makes(board, "small-boot")) {
        boot.struct_size = 4;
    }
    if (!add_ram(board, "ram", RAM_BASE, 16u << 20) || !add_device(board, "dev0", DEVICE)) {
        return false;
    }
    if (makes(board, "fail-half-way")) {
        board->host->fail(board->self, "half of it is built");
        return false;
    }
    if (makes(board, "ignore-failure")) {
        add_ram(board, "again", RAM_BASE, 0x1000);
    }
    return add_second(board) && add_wire(board) && add_place(board) &&
           (makes(board, "no-boot") || board->host->board_boot(board->self, &boot));
}

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    struct board *board = calloc(1, sizeof(*board));
    board->host = host;
    board->self = self;
    board->mistake = host->config_string(self, "mistake");
    if (makes(board, "create-fails")) {
        host->fail(self, "it does not want to be");
        free(board);
        return NULL;
    }
    if (makes(board, "too-early")) {
        add_ram(board, "early", RAM_BASE, 0x1000);
    }
    return board;
}

static const char *default_chain(void *state, unsigned conduit)
{
    return conduit == 1 ? "test-service" : NULL;
}

static const struct el4_config_key keys[] = {
    {.name = "mistake", .type = EL4_CONFIG_STRING, .help = "What it does wrong."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema),
    .key_size = sizeof(struct el4_config_key),
    .keys = keys,
    .key_count = 1,
};

static const struct el4_board_operations operations = {
    .struct_size = sizeof(operations),
    .create = create,
    .destroy = free,
    .build = build,
    .memory_default = 16u << 20,
    .default_chain = default_chain,
};

EL4_PLUGIN_DEFINE(test_board) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_BOARD,
    .name = "test-board",
    .version = "1",
    .description = "Board that makes mistakes",
    .schema = &schema,
    .operations = &operations,
};
