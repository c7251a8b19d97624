/* SPDX-License-Identifier: MIT */
/*
 * Power-on: images into memory, devices and CPUs to their reset state, the first CPU to where
 * it starts. A reset does all of it again; RAM keeps what the images do not cover.
 */
#include "machine/private.h"

#include "engine/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* r1 of a kernel that gets a device tree (Documentation/arm/booting.rst). */
#define MACHINE_TYPE_NONE UINT32_MAX

static bool write_guest(void *opaque, uint64_t address, const void *data, size_t bytes)
{
    struct el4_machine *machine = opaque;
    /* The machine's own memory in either world: the loader stands above both. */
    return el4_bus_load(machine->bus, address, data, bytes, false) == EL4_BUS_OK ||
           el4_bus_load(machine->bus, address, data, bytes, true) == EL4_BUS_OK;
}

static bool add_blob(struct el4_machine *machine, const char *name, const char *key,
                     GError **error)
{
    const char *path = el4_config_get_path(machine->config, "boot", key);
    if (!path) {
        return true;
    }
    GBytes *blob = el4_boot_read_file(path, UINT64_C(1) << 32, error);
    if (!blob) {
        return false;
    }
    g_hash_table_insert(machine->blobs, g_strdup(name), blob);
    return true;
}

bool el4_machine_check_file(const struct el4_config *config, const char *key, const char *path,
                            GError **error)
{
    struct stat status;
    const char *problem = NULL;
    if (access(path, R_OK) || stat(path, &status)) {
        problem = g_strerror(errno);
    } else if (!S_ISREG(status.st_mode)) {
        problem = "is not a regular file";
    }
    if (problem) {
        el4_config_value_error(config, "boot", key, error, "%s: %s", path, problem);
    }
    return !problem;
}

/* Said when the machine is built, so that `el4 check` says it, too. */
static bool check_files(const struct el4_config *config, GError **error)
{
    static const char *const keys[] = {"kernel", "initrd", "dtb", "bios"};
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        const char *path = el4_config_get_path(config, "boot", keys[i]);
        if (path && !el4_machine_check_file(config, keys[i], path, error)) {
            return false;
        }
    }
    return el4_machine_check_loads(config, error);
}

bool el4_machine_prepare_boot(struct el4_machine *machine, GError **error)
{
    const struct el4_config *config = machine->config;
    const char *kernel = el4_config_get_path(config, "boot", "kernel");
    const char *bios = el4_config_get_path(config, "boot", "bios");
    const char *append = el4_config_get_string(config, "boot", "append");

    if (!check_files(config, error)) {
        return false;
    }
    machine->firmware = bios != NULL;
    if (bios && !machine->boot.bios_bytes) {
        el4_config_value_error(config, "boot", "bios", error,
                               "board '%s' takes no firmware image",
                               machine->board->plugin->name);
        return false;
    }
    if (!bios) {
        return true;
    }
    /* Firmware finds a kernel through fw_cfg and the like. */
    if (append) {
        g_hash_table_insert(machine->blobs, g_strdup("cmdline"),
                            g_bytes_new(append, strlen(append) + 1));
    }
    return (!kernel || add_blob(machine, "kernel", "kernel", error)) &&
           add_blob(machine, "initrd", "initrd", error);
}

static struct el4_boot_target boot_target(struct el4_machine *machine)
{
    return (struct el4_boot_target){
        .write = write_guest,
        .opaque = machine,
        .ram_base = machine->boot.ram_base,
        .ram_bytes = el4_machine_loadable_bytes(machine),
    };
}

/* The CPUs can run what was loaded. A raw image is for what they reset into. */
static bool check_state(const struct el4_machine *machine, const char *kernel, GError **error)
{
    const struct el4_features *features = &machine->cpus[0]->features;
    bool aarch32 = machine->loaded.aarch32;
    bool fits = machine->loaded.kind == EL4_BOOT_RAW ||
                (aarch32 ? features->a32_els & 2 : features->aarch64);
    if (!fits) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "%s: it is for %s, which these CPUs (%s) do not have: choose another -cpu, "
                    "[machine] aarch64 or kernel",
                    kernel, aarch32 ? "AArch32" : "AArch64", machine->model->name);
    }
    return fits;
}

static bool load_images(struct el4_machine *machine, GError **error)
{
    const struct el4_config *config = machine->config;
    struct el4_boot_target target = boot_target(machine);
    const char *bios = el4_config_get_path(config, "boot", "bios");

    if (bios) {
        uint64_t bytes;
        return el4_boot_load_flat(bios, &target, machine->boot.bios_base,
                                  machine->boot.bios_bytes, &bytes, error);
    }
    struct el4_boot_request request = {
        .kernel = el4_config_get_path(config, "boot", "kernel"),
        .initrd = el4_config_get_path(config, "boot", "initrd"),
        .dtb = el4_config_get_path(config, "boot", "dtb"),
        .append = el4_config_get_string(config, "boot", "append"),
        .load_address = el4_config_get_uint(config, "boot", "load-address"),
    };
    if (!request.kernel) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "[boot] names neither a kernel nor a bios: there is nothing to run; give "
                    "-kernel FILE or -bios FILE, or set them in [boot]");
        return false;
    }
    if (!el4_boot_load(&request, &target, &machine->loaded, error)) {
        return false;
    }
    machine->direct_kernel = machine->loaded.kind == EL4_BOOT_LINUX;
    return check_state(machine, request.kernel, error);
}

/* What the board wants run around a directly booted kernel. */
static bool load_stub(struct el4_machine *machine, GError **error)
{
    const struct el4_board_boot *boot = &machine->boot;
    if (!machine->direct_kernel) {
        return true;
    }
    for (uint32_t i = 0; boot->stub.code && i < boot->stub.words; i++) {
        uint32_t word = GUINT32_TO_LE(boot->stub.code[i]);
        if (!write_guest(machine, boot->stub.address + 4 * (uint64_t)i, &word, sizeof(word))) {
            g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                        "no memory for the board's own code at 0x%" PRIx64, boot->stub.address);
            return false;
        }
    }
    return true;
}

static bool load_device_tree(struct el4_machine *machine, GError **error)
{
    if (machine->dtb) {
        g_bytes_unref(machine->dtb);
    }
    machine->dtb = el4_machine_make_dtb(machine, error);
    if (!machine->dtb) {
        return false;
    }
    uint64_t address =
        machine->firmware ? machine->boot.dtb_address : machine->loaded.dtb_address;
    if (!address) {
        return true;
    }
    gsize bytes;
    const void *data = g_bytes_get_data(machine->dtb, &bytes);
    if (!write_guest(machine, address, data, bytes)) {
        g_set_error(error, EL4_MACHINE_ERROR, EL4_EXIT_CONFIG,
                    "no memory for the device tree at 0x%" PRIx64, address);
        return false;
    }
    return true;
}

static void reset_devices(struct el4_machine *machine)
{
    for (guint i = 0; i < machine->instances->len; i++) {
        struct el4_instance *instance = g_ptr_array_index(machine->instances, i);
        if (instance->kind == EL4_PLUGIN_DEVICE && el4_instance_device(instance)->reset) {
            el4_instance_device(instance)->reset(instance->state);
        } else if (instance->kind == EL4_PLUGIN_SERVICE &&
                   el4_instance_service(instance)->reset) {
            el4_instance_service(instance)->reset(instance->state);
        }
    }
    /* Started below the level that would set devices up: play that firmware. */
    if (machine->direct_kernel || machine->el3 != EL3_GUEST) {
        for (guint i = 0; i < machine->instances->len; i++) {
            struct el4_instance *instance = g_ptr_array_index(machine->instances, i);
            if (instance->kind == EL4_PLUGIN_DEVICE &&
                el4_instance_device(instance)->firmware_setup) {
                el4_instance_device(instance)->firmware_setup(instance->state,
                                                              !machine->boot.kernel_secure);
            }
        }
    }
}

/*
 * Whether secondaries wait for CPU_ON: some service can start them, if only for firmware. A
 * kernel is started on one CPU; the others run if the board has a place for them to wait in.
 */
static bool secondaries_wait(const struct el4_machine *machine)
{
    bool run = machine->direct_kernel ? machine->boot.stub.other_cpus != 0
                                      : machine->boot.all_cpus_start;
    return !run || el4_machine_starts_cpus(machine) ||
           el4_smccc_starts_cpus(machine->smccc, EL4_CONDUIT_EL4, EL4_CALLER_EL3);
}

static void start_entry(struct el4_machine *machine, struct el4_cpu_entry *entry)
{
    *entry = (struct el4_cpu_entry){.el = el4_machine_kernel_el(machine)};
    if (machine->direct_kernel) {
        entry->pc = machine->loaded.entry;
        entry->secure = machine->boot.kernel_secure;
        entry->aarch32 = machine->loaded.aarch32;
        if (entry->aarch32) {
            entry->r1 = MACHINE_TYPE_NONE;
            entry->r2 = machine->loaded.dtb_address;
        } else {
            entry->x0 = machine->loaded.dtb_address;
        }
        return;
    }
    /* Firmware or a bare-metal image: the highest level that the guest owns. */
    entry->el = machine->el3 == EL3_GUEST ? 3 : machine->el2 ? 2 : 1;
    entry->secure = machine->el3 == EL3_GUEST;
    entry->pc = machine->firmware ? machine->boot.reset_address : machine->loaded.entry;
    entry->aarch32 =
        !machine->cpus[0]->features.aarch64 || (!machine->firmware && machine->loaded.aarch32);
}

/* The state of reset, but somewhere else. */
static void start_at_reset(struct el4_cpu *cpu, uint64_t pc)
{
    bool thumb = el4_cpu_is_a32(cpu) && (pc & 1);
    cpu->slot[EL4_SLOT_PC] = thumb ? pc & ~UINT64_C(1) : pc;
    cpu->pstate |= thumb ? EL4_PSTATE_T : 0;
    el4_cpu_update_mode(cpu);
}

/* The board's stub stands between reset and kernel: at EL3, with what the kernel is to get. */
static void start_in_stub(struct el4_machine *machine, struct el4_cpu *cpu,
                          const struct el4_cpu_entry *kernel)
{
    start_at_reset(cpu, machine->boot.stub.first_cpu);
    cpu->slot[EL4_SLOT_X0] = kernel->x0;
    if (kernel->aarch32) {
        cpu->slot[EL4_SLOT_X0 + 1] = kernel->r1;
        cpu->slot[EL4_SLOT_X0 + 2] = kernel->r2;
    }
    cpu->slot[EL4_SLOT_X0 + (kernel->aarch32 ? 14 : 30)] = kernel->pc;
}

static void reset_cpus(struct el4_machine *machine)
{
    struct el4_cpu_entry entry;
    start_entry(machine, &entry);
    bool has_stub =
        machine->direct_kernel && machine->boot.stub.first_cpu && machine->el3 == EL3_GUEST;
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        struct vcpu *vcpu = &machine->vcpus[i];
        struct el4_cpu *cpu = vcpu->cpu;
        bool runs = i == 0 || !secondaries_wait(machine);
        vcpu->request = REQUEST_NONE;
        vcpu->awake_at_ns = 0;
        el4_io_timer_cancel(vcpu->wake_timer);
        vcpu->context_by = NULL;
        g_ptr_array_set_size(vcpu->interrupted_by, 0);
        vcpu->waiting = false;
        atomic_store(&cpu->attention, 0);
        el4_engine_flush(cpu);
        el4_cpu_reset(cpu);
        if (runs && i > 0 && machine->direct_kernel) {
            entry.pc = machine->boot.stub.other_cpus;
        }
        if (runs && has_stub && i == 0) {
            start_in_stub(machine, cpu, &entry);
        } else if (runs && entry.el == 3) {
            start_at_reset(cpu, entry.pc);
        } else if (runs) {
            el4_cpu_enter(cpu, &entry);
        }
        if (runs && !machine->direct_kernel && !machine->firmware) {
            unsigned argument = entry.aarch32 ? 2 : 0;
            cpu->slot[EL4_SLOT_X0 + argument] = machine->loaded.dtb_address;
        }
        el4_power_set(&machine->vcpus[i], runs ? EL4_POWER_ON : EL4_POWER_OFF);
    }
}

static void clear_protected_memory(struct el4_machine *machine)
{
    if (!machine->memory_protected) {
        return;
    }
    for (unsigned i = 0; i < machine->ram_count; i++) {
        el4_bus_clear_ram(machine->bus, machine->ram[i].base, machine->ram[i].view);
    }
    machine->memory_protected = false;
}

bool el4_machine_reset(struct el4_machine *machine, GError **error)
{
    clear_protected_memory(machine);
    struct el4_boot_target target = boot_target(machine);
    if (!load_images(machine, error) ||
        !el4_machine_load_files(machine->config, &target, error) ||
        !load_stub(machine, error) || !load_device_tree(machine, error)) {
        return false;
    }
    /* Nothing runs now, but devices expect the lock around their call-backs. */
    el4_io_lock(machine->io);
    reset_devices(machine);
    el4_io_unlock(machine->io);
    reset_cpus(machine);
    return true;
}
