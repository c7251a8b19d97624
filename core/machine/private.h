/* SPDX-License-Identifier: MIT */
/*
 * The machine's inside, shared by the files of core/machine and nobody else.
 *
 * Locks. The device lock (el4_io_lock) covers devices, services, wires, timers, power states
 * and everything here that is not said to be atomic or a vCPU's own. Each vCPU has a small
 * mutex for sleeping; it may be taken with the device lock held, never the other way round.
 */
#ifndef EL4_MACHINE_PRIVATE_H
#define EL4_MACHINE_PRIVATE_H

#include "machine/machine.h"
#include "machine/seen.h"
#include "machine/watch.h"

#include <el4/board.h>
#include <el4/device.h>
#include <el4/host.h>
#include <el4/service.h>
#include <pthread.h>
#include <stdatomic.h>

#include "boot/boot.h"
#include "boot/fdt.h"
#include "bus/bus.h"
#include "cpu/cpu.h"
#include "cpu/env.h"
#include "debug/semihosting.h"
#include "debug/trace.h"
#include "io/io.h"

#define EL4_REGIONS_MAX EL4_BOARD_REGIONS_MAX

/* The highest number of an output wire: they stand in an array. */
#define EL4_OUTPUT_MAX 4096u

/* Machine time ends after 292 years, far from where 64 bits wrap; what is due later never is.
 */
#define EL4_MACHINE_TIME_MAX UINT64_C(0x7fffffffffffffff)

enum el3_owner { EL3_NONE, EL3_GUEST, EL3_EMULATOR };

/* A region that a device declared, and where the board put it. */
struct region {
    bool declared;
    bool is_memory;
    bool mapped;
    struct el4_mmio mmio;
    struct el4_memory memory;
    char *name;
    uint64_t base;
    enum el4_bus_view view; /* of the bus, once it is mapped */
    struct el4_instance *owner;
};

struct wire_end {
    struct el4_instance *device;
    uint32_t input;
};

/* What the board's table said of a device, kept for the device tree. */
struct board_device {
    char *node;
    char **compatible;
    void (*fdt)(void *board_state, struct el4_fdt *fdt);
    struct el4_board_irq irqs[EL4_BOARD_IRQS_MAX];
    uint32_t irq_count;
    uint32_t region_count;
    struct {
        uint64_t base, bytes;
    } regions[EL4_BOARD_REGIONS_MAX];
    bool secure_only;
    /* The section that describes it; NULL: it is of a board plugin's table (described.h). */
    char *section;
};

struct el4_instance {
    struct el4_machine *machine;
    enum el4_plugin_kind kind;
    const struct el4_plugin *plugin;
    /* The plugin's operations, with those NULL that it is too old to know. */
    union {
        struct el4_board_operations board;
        struct el4_device_operations device;
        struct el4_service_operations service;
    } operations;
    char *name;
    char *section;
    void *state;
    char *failure;         /* what fail() said first */
    bool failure_is_whole; /* it names a section or another instance: put nothing before it */
    bool building;         /* inside create or build: declarations are allowed */
    struct region regions[EL4_REGIONS_MAX];
    GArray *outputs; /* struct wire_end; index = output number; device NULL: unconnected */
    struct board_device board;
    struct el4_smccc_service *service;
    gint log_count[6]; /* by level, for the rate limit; atomic, as any thread may log */
};

/* What a vCPU was told to do with its power; acted upon by its own thread. */
enum power_request { REQUEST_NONE, REQUEST_OFF, REQUEST_SUSPEND, REQUEST_STANDBY };

struct vcpu {
    struct el4_machine *machine;
    struct el4_cpu *cpu;
    GThread *thread;
    pthread_mutex_t sleep_lock; /* pthread's, not GLib's: TSan understands these */
    pthread_cond_t sleep_wake;
    struct el4_io_timer *timer;      /* generic timers' next deadline */
    enum power_request request;      /* device lock */
    struct el4_instance *request_by; /* the service whose call is being answered */
    struct el4_instance *event_by;   /* the same of a system event; NULL: none is wanted */
    enum el4_system_event event;
    GPtrArray *interrupted_by;       /* services to be called on this CPU; device lock */
    struct el4_instance *context_by; /* who wants the CPU at `context`; NULL: nobody */
    struct el4_cpu_context context;
    unsigned call_conduit;        /* of the call that is being answered */
    struct el4_power_entry entry; /* of ON_PENDING or of a suspend; device lock */
    /* While it wakes from a suspend: when it will be awake; else 0. Its own thread. */
    uint64_t awake_at_ns;
    struct el4_io_timer *wake_timer; /* for then */
    uint64_t calls;                  /* service calls so far; device lock */
    uint64_t slice_start;            /* virtual clock: icount at the start of its turn */
    bool waiting;                    /* virtual clock: in WFI */
    uint64_t stolen_ns;              /* virtual clock: turns of others while it could run */
    int schedstat;                   /* real clock: of the thread; -1: none. Device lock */
    /* Virtual clock: X0 to X30, SP, PC and so on at its last WFE. */
    uint64_t wfe_registers[EL4_SLOT_TEMP];
};

struct sysreg_claim {
    uint32_t first, last;
    struct el4_sysreg_ops ops;
    struct el4_instance *owner;
};

/* How guests call by the el4 conduit (el4-conduit.c). */
struct el4_conduit_ways {
    bool has_hlt, has_sysreg;
    uint16_t hlt;
    uint32_t sysreg; /* EL4_SYSREG() */
};
#define EL4_WAYS_SECTION "chain el4"

struct el4_machine {
    struct el4_config *config;
    struct el4_plugins *plugins;
    struct el4_host host;
    struct el4_io *io;
    struct el4_bus *bus;
    struct el4_smccc *smccc;
    struct el4_trace *trace; /* NULL: off */
    struct control *control; /* see control.c; NULL: there is no control socket */

    struct el4_instance *board;
    const struct el4_board_operations *board_ops;
    GPtrArray *instances; /* devices and services in order of creation; owns */
    GHashTable *devices;  /* name -> instance */
    GPtrArray *extras;    /* struct el4_machine_extra that have no place yet; not theirs */
    GHashTable *places;   /* names of the devices that are places; owns */
    unsigned place_count[EL4_EXTRA_KINDS];
    struct el4_instance *interrupt_controller;
    GHashTable *high_inputs;  /* of the interrupt controller; device lock */
    GHashTable *taken_inputs; /* input -> the service that has it instead */
    GArray *sysregs;          /* struct sysreg_claim */
    GPtrArray *wires_cpu;     /* per cpu: GArray of wire_end by enum el4_cpu_output */
    GPtrArray *timers;        /* struct el4_timer of all instances */

    struct vcpu *vcpus;
    struct el4_cpu **cpus; /* the same as a plain array, for cpu->env->cpus */
    unsigned cpu_count;
    const struct el4_cpu_model *model;

    /* configuration */
    bool look_only; /* EL4_MACHINE_LOOK */
    uint64_t memory_bytes;
    bool el2;
    enum el3_owner el3;
    bool virtual_clock;
    uint64_t counter_hz;
    int64_t wall_clock_start_s;
    bool semihosting;
    struct el4_conduit_ways ways;

    /* boot */
    struct el4_board_boot boot;
    bool have_boot;
    struct {
        char *name;
        uint64_t base, bytes;
        enum el4_bus_view view;
        bool main;
    } ram[8];
    unsigned ram_count;
    GArray *reserved; /* reserve.c; NULL: nothing is */
    struct el4_boot_result loaded;
    bool direct_kernel;
    GBytes *dtb;
    GHashTable *blobs; /* name -> GBytes */
    bool memory_protected;
    bool firmware; /* [boot] bios is given */

    /* run */
    _Atomic int stop_event; /* enum stop_event */
    _Atomic int exit_status;
    struct typist *typist;      /* typing.c; NULL: nothing is typed */
    struct watcher *watcher;    /* watch.c; NULL: there is none now */
    bool end_when_stuck;        /* virtual clock: el4_machine_run_watched() */
    bool stuck;                 /* it ended so */
    struct el4_io_timer *limit; /* of machine time; NULL: none */
    bool at_limit;              /* it ended there; device lock */
    int64_t guest_status;       /* of semihosting's EXIT; -1: none */
    GArray *seen_calls;         /* struct el4_machine_call; NULL: not kept. Device lock */
    guint seen_calls_max;
    uint64_t seen_calls_dropped;
    _Atomic uint64_t retired; /* virtual clock: instructions of all cpus so far */
    uint64_t idle_ns;         /* virtual clock: time skipped while all slept */
    struct vcpu *running;     /* virtual clock: whose turn it is */
    struct vcpu *interrupted; /* for whom a cpu_interrupted runs; device lock */
    struct vcpu *caller;      /* whose service call is being answered; device lock */
    GRand *random;            /* virtual clock: seeded; NULL: the host's */
    gint cpu_log_count;
};

/* Why the vCPU threads were asked to end. */
enum stop_event { STOP_NONE, STOP_EXIT, STOP_RESET };

/* ---- machine.c ---- */
/* MPIDR_EL1 of a CPU, also before the CPUs are made: devices are made first. */
uint64_t el4_machine_mpidr(const struct el4_machine *machine, unsigned index);

/* ---- el4-conduit.c ---- */
bool el4_machine_build_ways(struct el4_machine *machine, GError **error);

/* ---- host.c, host-memory.c, host-cpu.c: the host table ---- */
void el4_machine_fill_host(struct el4_host *host);
void el4_machine_fill_host_memory(struct el4_host *host);
void el4_machine_fill_host_cpu(struct el4_host *host);
/* What log and fail of the table do, for core's own mistakes to report. */
void el4_instance_log(struct el4_instance *self, enum el4_log_level level, const char *format,
                      ...) G_GNUC_PRINTF(3, 4);
void el4_instance_fail(struct el4_instance *self, const char *format, ...) G_GNUC_PRINTF(2, 3);
void el4_machine_free_timers(struct el4_machine *machine);
void el4_machine_random(struct el4_machine *machine, void *buffer, size_t bytes);

/* ---- reserve.c ---- */
bool el4_machine_reserve(struct el4_instance *self, const struct el4_reservation *reservation,
                         uint64_t *base);
/* Bytes from the RAM's base that loaders may fill. */
uint64_t el4_machine_loadable_bytes(const struct el4_machine *machine);
void el4_machine_write_reserved(const struct el4_machine *machine, struct el4_fdt *fdt);
void el4_machine_describe_reserved(const struct el4_machine *machine, GString *out);

/* ---- interrupt.c ---- */
bool el4_machine_cpu_interrupt(struct el4_instance *self, unsigned cpu);
bool el4_machine_context_get(struct el4_instance *self, unsigned cpu,
                             struct el4_cpu_context *context);
bool el4_machine_context_set(struct el4_instance *self, unsigned cpu,
                             const struct el4_cpu_context *context);
bool el4_machine_interrupt_take(struct el4_instance *self, uint32_t intid, bool *level);
void el4_machine_interrupt_give_back(struct el4_instance *self, uint32_t intid);
/* Call services back that asked for it; on the vCPU's thread, out of guest code, no lock. */
void el4_machine_serve_interrupts(struct vcpu *vcpu);
/* Some are still waiting, as the CPU slept: have it leave guest code again. Device lock. */
void el4_machine_renotice(struct vcpu *vcpu);
/* Go where a service wants the CPU; false if none does. As serve_interrupts. */
bool el4_machine_enter_context(struct vcpu *vcpu);
/* An output changed that is connected to this end. Device lock. */
void el4_machine_drive(struct el4_machine *machine, const struct wire_end *end, bool level);

/* ---- stolen.c ---- */
/* On the vCPU's own thread, as it begins and ends. */
void el4_machine_open_stolen(struct vcpu *vcpu);
void el4_machine_close_stolen(struct vcpu *vcpu);
bool el4_machine_stolen_ns(struct vcpu *vcpu, uint64_t *ns);

/* ---- instance.c ---- */
struct el4_instance *el4_instance_new(struct el4_machine *machine, enum el4_plugin_kind kind,
                                      const char *plugin_name, const char *name,
                                      GError **error);
/* Run create(); afterwards el4_instance_failed() tells. */
bool el4_instance_create(struct el4_instance *instance, GError **error);
void el4_instance_free(struct el4_instance *instance);
void el4_instance_error(struct el4_instance *instance, const char *doing, GError **error);
void el4_instance_connect(struct el4_instance *from, unsigned output, struct el4_instance *to,
                          uint32_t input);
const struct el4_board_operations *el4_instance_board(const struct el4_instance *instance);
const struct el4_device_operations *el4_instance_device(const struct el4_instance *instance);
const struct el4_service_operations *el4_instance_service(const struct el4_instance *instance);

/*
 * Copy a structure that a plugin passes, as far as the plugin knows it; the rest becomes 0.
 * `least` is its size in the first release of this ABI. What a newer plugin's has beyond ours
 * must be 0. False after fail().
 */
bool el4_instance_take(struct el4_instance *instance, const char *type, const void *from,
                       void *to, size_t bytes, size_t least);
#define EL4_END_OF(type, member) (offsetof(type, member) + sizeof(((type *)NULL)->member))

/* ---- board.c, places.c: board_* host calls ---- */
/* el4_instance_take for what a board tells; false also outside its build call-back, which alone
 * may do so. */
bool el4_machine_take(struct el4_instance *board, const char *type, const void *from, void *to,
                      size_t bytes, size_t least);
bool el4_machine_add_memory(struct el4_instance *board, const struct el4_board_memory *memory);
bool el4_machine_add_device(struct el4_instance *board, const struct el4_board_device *device);
bool el4_machine_add_wire(struct el4_instance *board, const struct el4_board_wire *wire);
bool el4_machine_add_boot(struct el4_instance *board, const struct el4_board_boot *boot);
bool el4_machine_add_place(struct el4_instance *board, const struct el4_board_place *place);
/* Before a device is made: a uart0 of which the board says nothing takes a console. */
bool el4_machine_add_usual_place(struct el4_machine *machine, const char *device,
                                 GError **error);
/* When the board is built: an error for the first extra that found no place. */
bool el4_machine_check_extras(const struct el4_machine *machine, GError **error);

/* The two steps of adding a device whose entry is sound. The instance, its regions nowhere yet;
 * NULL sets an error that names the device. known: settings that it has no key for don't count.
 */
struct el4_instance *el4_machine_make_device(struct el4_machine *machine,
                                             const struct el4_board_device *entry, bool known,
                                             GError **error);
bool el4_machine_place_device(struct el4_instance *device, const struct el4_board_device *entry,
                              GError **error);

/* ---- chains.c ---- */
/* Give a section the keys of every service. */
bool el4_machine_service_schema(struct el4_config *config, const char *section, GError **error);
bool el4_machine_build_chains(struct el4_machine *machine, GError **error);
bool el4_machine_chain_schemas(struct el4_config *config, GError **error);
/* Check a section now; its first mistake becomes the error. */
bool el4_machine_check_section(struct el4_machine *machine, const char *section,
                               GError **error);
/* The keys of these names: bits EL4_CALLER_* (0 if unset) and EL4_CONDUITS_* (all). */
bool el4_machine_read_callers(const struct el4_config *config, const char *section,
                              uint32_t *callers, GError **error);
bool el4_machine_read_conduits(const struct el4_config *config, const char *section,
                               uint32_t *conduits, GError **error);
/* The EL4_CALLER_* bit of a directly booted kernel. */
uint32_t el4_machine_kernel_caller(const struct el4_machine *machine);
/* Some service that such a kernel reaches can start CPUs. */
bool el4_machine_starts_cpus(const struct el4_machine *machine);
unsigned el4_machine_kernel_el(const struct el4_machine *machine);

/* ---- faults.c: [fault NAME] ---- */
/* Give a section the keys of a fault. */
bool el4_machine_fault_schema(struct el4_config *config, const char *section, GError **error);
bool el4_machine_add_faults(struct el4_machine *machine, GError **error);
/* Let the vCPU wait as an injected fault says, from within a call. Nothing is locked. */
void el4_machine_delay(struct vcpu *vcpu, uint64_t ns);

/* ---- calls.c: [calls] ---- */
bool el4_calls_add_schema(struct el4_config *config, GError **error);
bool el4_calls_from_config(struct el4_machine *machine, GError **error);
/* At the end of a run, if it was asked for. */
void el4_calls_report(struct el4_machine *machine);
/* A line of JSON: time, CPUs, calls. Device lock. */
void el4_machine_append_status(struct el4_machine *machine, GString *out);

/* ---- seen.c: a call was answered; device lock ---- */
void el4_machine_see_call(struct el4_machine *machine, const struct el4_call *call,
                          const struct el4_smccc_answer *answer, uint64_t start_ns);
const char *el4_machine_power_name(const struct vcpu *vcpu);

/* ---- control.c ---- */
bool el4_control_from_config(struct el4_machine *machine, GError **error);

/* ---- env.c ---- */
extern const struct el4_cpu_env el4_machine_cpu_env;
uint64_t el4_machine_counter(struct el4_machine *machine);
/* The EL4_CALLER_* bit of where a cpu is now. */
uint32_t el4_machine_caller(const struct el4_cpu *cpu);

/* ---- power.c ---- */
unsigned el4_power_state(const struct vcpu *vcpu);
/* EL4_POWER_*: by whoever may change it now (device lock, or the vCPU's thread as it starts).
 */
void el4_power_set(struct vcpu *vcpu, unsigned power);
int el4_power_on(struct el4_machine *machine, unsigned cpu,
                 const struct el4_power_entry *entry);
void el4_power_request(struct vcpu *vcpu, enum power_request request,
                       const struct el4_power_entry *entry, struct el4_instance *by);
/* A call is answered, by nobody if NULL: what other services asked for meanwhile is dropped,
 * its own system event happens. Device lock. */
void el4_power_settle(struct vcpu *vcpu, const struct el4_smccc_service *answered);
void el4_power_event(struct el4_machine *machine, enum el4_system_event event);
/* On the vCPU's own thread, with nothing locked. */
void el4_power_start(struct vcpu *vcpu);
/* A suspended vCPU has a reason to wake: true when the time is over that this takes. */
bool el4_power_is_awake(struct vcpu *vcpu);
/* It wakes: at its entry point, or after the call. */
void el4_power_wake(struct vcpu *vcpu);

/* ---- boot.c ---- */
bool el4_machine_prepare_boot(struct el4_machine *machine, GError **error);
/* Everything to its power-on state, images loaded, CPU 0 ready. */
bool el4_machine_reset(struct el4_machine *machine, GError **error);
/* A file that this key of [boot] names is there and can be read. */
bool el4_machine_check_file(const struct el4_config *config, const char *key, const char *path,
                            GError **error);

/* ---- load.c ---- */
bool el4_machine_check_loads(const struct el4_config *config, GError **error);
bool el4_machine_load_files(const struct el4_config *config,
                            const struct el4_boot_target *target, GError **error);

/* ---- dt.c ---- */
/* An interrupt specifier as the GIC bindings have it: type (0 SPI, 1 PPI), number, flags. */
void el4_machine_interrupt_cells(const struct el4_board_irq *irq, uint32_t *cells);
GBytes *el4_machine_make_dtb(struct el4_machine *machine, GError **error);

/* ---- run.c ---- */
void el4_machine_ask_stop(struct el4_machine *machine, enum stop_event event);
void el4_machine_wake(struct vcpu *vcpu);
uint64_t el4_machine_virtual_ns(struct el4_machine *machine);
/* Machine time by either clock, and the guest's calendar time. */
uint64_t el4_machine_now_ns(struct el4_machine *machine);
uint64_t el4_machine_wall_clock_ns(struct el4_machine *machine);
int64_t el4_machine_wall_clock_s(struct el4_machine *machine);
/* Virtual clock: a timer was set; the running turn must not go past it. Device lock. */
void el4_machine_deadline_moved(struct el4_machine *machine, uint64_t at_ns);

/* ---- watch.c ---- */
/* Virtual clock: a watch that begins late begins now. */
void el4_machine_begin_watch(struct el4_machine *machine);

/* ---- typing.c ---- */
void el4_machine_free_typist(struct el4_machine *machine);

/* ---- monitor.c: trace and semihosting of this machine ---- */
bool el4_trace_add_schema(struct el4_config *config, GError **error);
bool el4_trace_from_config(struct el4_machine *machine, GError **error);
/* At the end of a run: the trace written out, and its fingerprint, if it was asked for. */
void el4_machine_report(struct el4_machine *machine);
bool el4_machine_semihosting(struct el4_machine *machine, struct el4_cpu *cpu);

/* Log through GLib's structured log domain "el4", prefix "subsystem: ". */
void el4_machine_log(struct el4_machine *machine, enum el4_log_level level, const char *who,
                     const char *text);

#define EL4_MACHINE_ERROR g_quark_from_static_string("el4-machine")

#endif
