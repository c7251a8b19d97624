/* SPDX-License-Identifier: MIT */
/* One call of a vendor's: fast, SMC32, owner OEM, function 0. It returns the board's number. */
#include <el4/service.h>
#include <stdlib.h>

static void *create(const struct el4_host *host, struct el4_instance *self)
{
    uint64_t *number = malloc(sizeof(*number));
    const struct el4_claim claim = {
        .struct_size = sizeof(claim),
        .conduits = EL4_CONDUITS_ALL,
        .first = 0x83000000,
        .last = 0x83000000,
        .name = "BOARD_ID",
    };
    if (!number || !host->claim(self, &claim)) {
        free(number);
        return NULL;
    }
    *number = host->config_uint(self, "number");
    return number;
}

static enum el4_verdict call(void *state, struct el4_call *call)
{
    el4_call_return(call, 0, *(uint64_t *)state);
    return EL4_HANDLED;
}

static const struct el4_config_key keys[] = {
    {.name = "number",
     .type = EL4_CONFIG_UINT,
     .default_text = "7",
     .help = "What is returned."},
};

static const struct el4_config_schema schema = {
    .struct_size = sizeof(schema), .key_size = sizeof(keys[0]), .keys = keys, .key_count = 1};

static const struct el4_service_operations operations = {
    .struct_size = sizeof(operations), .create = create, .destroy = free, .call = call};

EL4_PLUGIN_DEFINE(board_id) = {
    .magic = EL4_PLUGIN_MAGIC,
    .abi_major = EL4_ABI_MAJOR,
    .struct_size = sizeof(struct el4_plugin),
    .kind = EL4_PLUGIN_SERVICE,
    .name = "board-id",
    .version = "1.0",
    .description = "Tells the board's number",
    .schema = &schema,
    .operations = &operations,
};
