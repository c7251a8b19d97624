/* SPDX-License-Identifier: MIT */
/*
 * What el4 offers to plugins: a table of functions, handed to every instance when it is made. A
 * plugin links against nothing of el4's.
 *
 * The first argument of every function is the instance on whose behalf the call is made, so
 * that el4 knows whose configuration, wires and regions are meant and can name it in messages.
 *
 * Threads: unless a function says otherwise it may be called only from within one of the
 * instance's own call-backs. All call-backs of all plugins of one machine run one at a
 * time, under the machine's device lock, on whichever thread needs them. They must not block.
 *
 * The table grows at its tail only: check el4_host.struct_size (EL4_HOST_HAS) before using a
 * function that is newer than the oldest el4 you want to run on.
 */
#ifndef EL4_HOST_H
#define EL4_HOST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One board, device or service of one machine, as el4 sees it. Opaque. */
struct el4_instance;
/* A timer of an instance. Opaque. */
struct el4_timer;
/* A character stream (console, file, pty, socket) that an instance has opened. Opaque. */
struct el4_stream;
/* The device tree being written (fdt.h). Opaque. */
struct el4_fdt;

struct el4_claim;        /* service.h */
struct el4_cpu_state;    /* service.h */
struct el4_cpu_context;  /* service.h */
struct el4_power_entry;  /* service.h */
struct el4_reservation;  /* service.h */
struct el4_mmio;         /* device.h */
struct el4_memory;       /* device.h */
struct el4_sysreg_ops;   /* device.h */
struct el4_poll_ops;     /* device.h */
struct el4_board_memory; /* board.h */
struct el4_board_device; /* board.h */
struct el4_board_wire;   /* board.h */
struct el4_board_boot;   /* board.h */
struct el4_board_place;  /* board.h */

/* What a message is about. */
enum el4_log_level {
    EL4_LOG_ERROR,       /* the machine cannot go on as configured */
    EL4_LOG_WARNING,     /* the user may want to change something */
    EL4_LOG_INFO,        /* good to know */
    EL4_LOG_GUEST_ERROR, /* the guest did something a real machine would not like; rate-limited
                          */
    EL4_LOG_UNIMPLEMENTED, /* the guest used something that is not modelled; rate-limited */
    EL4_LOG_DEBUG, /* for the plugin's author; as the two above seen with G_MESSAGES_DEBUG=el4
                    */
};

/* What a service or a board asks of the whole machine. */
enum el4_system_event {
    EL4_SYSTEM_OFF,        /* el4 ends with status 0 */
    EL4_SYSTEM_RESET,      /* cold reset: devices and CPUs; RAM keeps its contents */
    EL4_SYSTEM_WARM_RESET, /* as RESET, told apart in traces and by MEM_PROTECT */
    EL4_SYSTEM_CRASH,      /* the guest reported a failure: status 3 */
};

/* What a stream tells its instance. */
enum el4_stream_event {
    EL4_STREAM_READABLE, /* the instance may call stream_read */
    EL4_STREAM_CLOSED,   /* the other side is gone; it may come back (READABLE) */
    EL4_STREAM_BREAK,    /* a serial break was asked for (Ctrl-A B) */
};

/* The table. It lives as long as the instance. */
struct el4_host {
    uint32_t struct_size; /* sizeof(struct el4_host) of the running el4 */
    uint32_t abi_major;   /* EL4_ABI_MAJOR of the running el4 */

    /* ---- messages ---- */

    /* Log one line, without a newline at its end. Any thread. */
    void (*log)(struct el4_instance *self, enum el4_log_level level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
    /*
     * Say why a create or build call-back is about to fail; the call-back then returns its
     * failure value. el4 puts the instance's section before the text, with the file and line
     * where it begins. If a key is at fault, begin the text with its name ("speed: must be
     * even"): then it is the line where that key was set. Later, when the machine is made, an
     * instance's first text is only logged.
     */
    void (*fail)(struct el4_instance *self, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

    /* ---- configuration: the instance's own section, checked against its schema ---- */

    /* BOOL keys. As for all types: asking for a key that is not in the schema, or of another
     * type, logs an error and gives false, 0 or NULL. Strings live as long as the machine. */
    bool (*config_bool)(struct el4_instance *self, const char *key);
    /* INT keys. */
    int64_t (*config_int)(struct el4_instance *self, const char *key);
    /* UINT and SIZE keys. */
    uint64_t (*config_uint)(struct el4_instance *self, const char *key);
    /* STRING and PATH keys; NULL if unset. */
    const char *(*config_string)(struct el4_instance *self, const char *key);
    /* Index into the key's choices, -1 if unset. */
    int (*config_enum)(struct el4_instance *self, const char *key);
    /* The i-th word of a LIST or PATHS key, NULL past its end. */
    const char *(*config_list)(struct el4_instance *self, const char *key, size_t i);
    /* The i-th range of a RANGES key; false past its end. */
    bool (*config_range)(struct el4_instance *self, const char *key, size_t i, uint64_t *first,
                         uint64_t *last);
    /* True if the key has a value (its default counts). The keys that el4 itself gives every
     * service's section, such as "claim", can be asked for, too. */
    bool (*config_is_set)(struct el4_instance *self, const char *key);
    /* The instance's name: the NAME of its section, for example "uart0". */
    const char *(*name)(struct el4_instance *self);

    /* ---- time ---- */

    /* Nanoseconds of machine time since the machine was made. Any thread. */
    uint64_t (*now_ns)(struct el4_instance *self);
    /* Seconds since 1970 as the guest's clocks see it. With a virtual clock it starts at a
     * configured date and follows machine time. Any thread. */
    int64_t (*wall_clock_s)(struct el4_instance *self);
    /* Make a timer; expired is called with the device lock held. Lives as long as the instance.
     */
    struct el4_timer *(*timer_new)(struct el4_instance *self,
                                   void (*expired)(void *opaque, uint64_t now_ns),
                                   void *opaque);
    /* Let it expire once at the given machine time; replaces an earlier setting. */
    void (*timer_set)(struct el4_instance *self, struct el4_timer *timer, uint64_t at_ns);
    /* Let it not expire any more; no effect if it is not set. */
    void (*timer_cancel)(struct el4_instance *self, struct el4_timer *timer);

    /* ---- memory, regions (create call-back only) ---- */

    /* Declare the region of registers number `index` (0, 1, ...). The board says where it goes.
     * The structure is copied; false (after fail()) if it makes no sense. */
    bool (*mmio_declare)(struct el4_instance *self, unsigned index,
                         const struct el4_mmio *mmio);
    /* Declare memory of the device itself (flash, SRAM) as region number `index`. */
    bool (*memory_declare)(struct el4_instance *self, unsigned index,
                           const struct el4_memory *memory);
    /* Host address of a declared memory region, valid from reset on; its length is the
     * declared one. NULL, after a message, if the board does not map the region. */
    uint8_t *(*memory_pointer)(struct el4_instance *self, unsigned index);
    /* Reads of the memory region come from memory (true) or from its call-backs (false): for
     * regions with call-backs, from reset on. */
    void (*memory_set_direct)(struct el4_instance *self, unsigned index, bool direct);

    /* Read or write guest memory as a bus master. secure chooses the view. 0, or -EFAULT if
     * part of the range is not memory. */
    int (*dma_read)(struct el4_instance *self, uint64_t address, void *buffer, size_t bytes,
                    bool secure);
    /* As dma_read, from the buffer to guest memory. */
    int (*dma_write)(struct el4_instance *self, uint64_t address, const void *buffer,
                     size_t bytes, bool secure);

    /* ---- wires ---- */

    /* Drive the instance's output wire; no effect if the board left it unconnected. */
    void (*wire_set)(struct el4_instance *self, unsigned output, bool level);
    /* Drive an interrupt input of a CPU (interrupt controllers). line: enum el4_cpu_line. */
    void (*cpu_line_set)(struct el4_instance *self, unsigned cpu, unsigned line, bool level);

    /* ---- CPUs ---- */

    /* How many CPUs the machine has; they are numbered from 0. */
    unsigned (*cpu_count)(struct el4_instance *self);
    /* MPIDR_EL1 of a CPU, with its bit 31. */
    uint64_t (*cpu_mpidr)(struct el4_instance *self, unsigned cpu);
    /* Claim system registers first..last (create call-back only), see el4_sysreg_ops. */
    bool (*sysreg_claim)(struct el4_instance *self, uint32_t first, uint32_t last,
                         const struct el4_sysreg_ops *ops);
    /* Copy out the state that services may look at (only from call or cpu_interrupted, for that
     * CPU; or for a CPU that is off). */
    void (*cpu_state)(struct el4_instance *self, unsigned cpu, struct el4_cpu_state *state);

    /* ---- power: PSCI is made of these, and every service has them ---- */

    /* enum el4_cpu_power of a CPU. */
    unsigned (*cpu_power)(struct el4_instance *self, unsigned cpu);
    /* Start an OFF CPU at the entry: it is ON_PENDING until it runs. 0, -EALREADY if it is on,
     * -EINPROGRESS if it is ON_PENDING, -EINVAL for a bad CPU or entry. */
    int (*cpu_on)(struct el4_instance *self, unsigned cpu, const struct el4_power_entry *entry);
    /*
     * The next three are requests of a service whose call call-back runs: they take effect when
     * that call-back returns HANDLED, and are forgotten when it returns anything else.
     */
    /* Switch the calling CPU off. */
    void (*cpu_off)(struct el4_instance *self);
    /*
     * Power the calling CPU down (entry not NULL): it wakes at the entry point when an
     * interrupt is pending for it. With NULL it only waits, and goes on after the call with the
     * results set there. An interrupt already pending makes it wake at once.
     */
    void (*cpu_suspend)(struct el4_instance *self, const struct el4_power_entry *entry);
    /* Ask for a system event; outside a call, as from a timer or a device, it happens at once.
     */
    void (*system_event)(struct el4_instance *self, enum el4_system_event event);
    /* From now on (until switched back): overwrite all RAM with zeros at the next system reset.
     */
    void (*memory_protect)(struct el4_instance *self, bool enable);
    /* True if all of [base, base + bytes) is Non-secure RAM. */
    bool (*memory_is_ram)(struct el4_instance *self, uint64_t base, uint64_t bytes);

    /* ---- service calls ---- */

    /* Claim a range of function ids (create call-back only). The structure is copied. */
    bool (*claim)(struct el4_instance *self, const struct el4_claim *claim);
    /* True if some service answers this id, called from cpu's current EL on this conduit:
     * discovery calls derive their results from this. */
    bool (*call_is_claimed)(struct el4_instance *self, unsigned conduit, uint32_t id,
                            unsigned cpu);

    /* ---- host I/O ---- */

    /*
     * Open the stream that a configuration value names: "terminal", "null", "file:PATH", "pty",
     * "socket:PATH" or "tcp:HOST:PORT" (listening). NULL after fail().
     */
    struct el4_stream *(*stream_open)(struct el4_instance *self, const char *spec,
                                      void (*event)(void *opaque, enum el4_stream_event event),
                                      void *opaque);
    /* Bytes taken without blocking (0 .. bytes); what the other side cannot take is buffered up
     * to a limit, then dropped: a guest is never held up by its console. */
    size_t (*stream_write)(struct el4_instance *self, struct el4_stream *stream,
                           const void *data, size_t bytes);
    /* Bytes read, 0 if nothing is there now; READABLE is sent again when more comes. */
    size_t (*stream_read)(struct el4_instance *self, struct el4_stream *stream, void *data,
                          size_t bytes);
    /* Take part in the machine's poll loop, see el4_poll_ops. */
    bool (*poll_add)(struct el4_instance *self, const struct el4_poll_ops *ops, void *opaque);
    /* The poll loop's fill call-backs are asked again (something to send appeared). */
    void (*poll_kick)(struct el4_instance *self);
    /* A named blob of the boot configuration: "kernel", "initrd", "cmdline", "dtb"; NULL if
     * there is none. Valid from reset on, as long as the machine. */
    const void *(*boot_blob)(struct el4_instance *self, const char *name, size_t *bytes);
    /* Fill with random bytes: the host's, or a seeded generator's if the clock is virtual. */
    void (*random)(struct el4_instance *self, void *buffer, size_t bytes);

    /* ---- boards (build call-back only) ---- */

    /* Add RAM or ROM to the machine. The structure and its strings are copied. */
    bool (*board_memory)(struct el4_instance *self, const struct el4_board_memory *memory);
    /* Create a device by its plugin's name, map its regions, wire its outputs. */
    bool (*board_device)(struct el4_instance *self, const struct el4_board_device *device);
    /* Connect a CPU's output or a device's output to a device's input. */
    bool (*board_wire)(struct el4_instance *self, const struct el4_board_wire *wire);
    /* Say where and how things are loaded and started. */
    bool (*board_boot)(struct el4_instance *self, const struct el4_board_boot *boot);
    /* Machine-wide facts, for every instance: "cpus", "memory" (bytes), "el2", "el3" (0 none,
     * 1 guest, 2 emulator), "gic-list-registers", and "look-only": 1 if the machine is only
     * checked or described. Then nothing that a run would write to may be opened, created,
     * locked or listened on; say what would go wrong as far as looking can tell. */
    uint64_t (*machine_uint)(struct el4_instance *self, const char *what);

    /* ---- device tree (fdt call-backs only), see fdt.h ---- */

    /* Begin a node below the open one; path-like names are not allowed. */
    void (*fdt_begin)(struct el4_fdt *fdt, const char *name);
    /* End the node that is open; the one above it is open again. */
    void (*fdt_end)(struct el4_fdt *fdt);
    /* A property of the open node, as bytes. */
    void (*fdt_bytes)(struct el4_fdt *fdt, const char *property, const void *data,
                      size_t bytes);
    /* count 32-bit cells, written big-endian. */
    void (*fdt_cells)(struct el4_fdt *fdt, const char *property, const uint32_t *cells,
                      size_t count);
    /* count 64-bit values, each as two cells. */
    void (*fdt_u64s)(struct el4_fdt *fdt, const char *property, const uint64_t *values,
                     size_t count);
    /* Strings one after the other, ended by NULL (compatible). */
    void (*fdt_strings)(struct el4_fdt *fdt, const char *property, const char *const *strings);
    /* An empty property. */
    void (*fdt_flag)(struct el4_fdt *fdt, const char *property);
    /* The phandle of a label, made up at its first use; a node gets it with fdt_label. */
    uint32_t (*fdt_phandle)(struct el4_fdt *fdt, const char *label);
    /* Give the open node the label's phandle property. */
    void (*fdt_label)(struct el4_fdt *fdt, const char *label);

    /* ---- added later: ask EL4_HOST_HAS for each ---- */

    /* As fdt_begin, but goes on with the node if it is there: for /firmware, which several
     * services share. */
    void (*fdt_open)(struct el4_fdt *fdt, const char *name);
    /*
     * Take RAM away from the guest's kernel, for what a service shares with it (a service's
     * create call-back only). It is at the end of main RAM and below 4 GiB; loaders put nothing
     * there, and the device tree has it as /reserved-memory/NAME@BASE, no-map, with NAME as its
     * label. A guest that looks at no device tree must be told by other means. False after
     * fail().
     */
    bool (*memory_reserve)(struct el4_instance *self, const struct el4_reservation *reservation,
                           uint64_t *base);
    /*
     * How long a CPU could have run and did not, in nanoseconds of machine time: its host
     * thread was ready, but another ran on the host's processor; with a virtual clock: other
     * CPUs had their turns. It never goes back but at a system reset, when it may begin anew.
     * False if the host does not say.
     */
    bool (*cpu_stolen_ns)(struct el4_instance *self, unsigned cpu, uint64_t *ns);
    /*
     * Have the service's cpu_interrupted called for a CPU, between two of its instructions:
     * soon if it runs or waits; it also ends a suspend. False if the CPU is off. Once, however
     * often it is asked for before.
     */
    bool (*cpu_interrupt)(struct el4_instance *self, unsigned cpu);
    /*
     * Where a CPU is, and where it shall go on: in cpu_interrupted for that CPU, and in call
     * for the caller, after the instruction that called (not on the el4 conduit). What is set
     * takes effect when the call-back returns, a call's with HANDLED and instead of its
     * results. False, and nothing happens, if firmware could not return to such a PSTATE: the
     * CPU is at EL3 or has no AArch64, the level does not exist or has another width.
     */
    bool (*cpu_context_get)(struct el4_instance *self, unsigned cpu,
                            struct el4_cpu_context *context);
    /* Set it, see cpu_context_get. */
    bool (*cpu_context_set)(struct el4_instance *self, unsigned cpu,
                            const struct el4_cpu_context *context);
    /*
     * From now on changes of a shared interrupt (32 and up) come to interrupt_changed, and the
     * interrupt controller sees it low; *level is what it is now. False if another service has
     * it, or there is no such interrupt. Giving it back tells the controller what it is then.
     * A system reset gives nothing back: the service's reset does.
     */
    bool (*interrupt_take)(struct el4_instance *self, uint32_t intid, bool *level);
    /* End interrupt_take. */
    void (*interrupt_give_back)(struct el4_instance *self, uint32_t intid);
    /* One moment by two clocks: nanoseconds since 1970 as the guest's clocks see it, and the
     * count of a CPU's virtual or physical counter. In call, for the caller. */
    void (*cpu_clock)(struct el4_instance *self, unsigned cpu, bool is_virtual,
                      uint64_t *wall_ns, uint64_t *count);
    /*
     * Say that a device has room for a disk, a network or a console that the user asks for by
     * -drive, -netdev or -serial (a board's build call-back only, and before board_device for
     * that device). Each place takes the first that is not placed yet and that it has room for.
     * On an el4 without this function, devices virtio31 down to virtio0 are such places.
     */
    bool (*board_place)(struct el4_instance *self, const struct el4_board_place *place);
    /*
     * One access to a device's registers, as firmware would make it on the calling CPU: from a
     * service's call alone. `secure` chooses the address space, `size` is 1, 2, 4 or 8. 0;
     * -EFAULT if there are no registers, they take no such size, or the device refuses; -EPERM
     * outside of call. What follows from it (wires, interrupts) has happened when it returns.
     */
    int (*register_read)(struct el4_instance *self, uint64_t address, unsigned size,
                         uint64_t *value, bool secure);
    /* As register_read, to the registers. */
    int (*register_write)(struct el4_instance *self, uint64_t address, unsigned size,
                          uint64_t value, bool secure);
};

/* True if the running el4's table has this member. */
#define EL4_HOST_HAS(host, member)                                                             \
    ((host)->struct_size >= offsetof(struct el4_host, member) + sizeof((host)->member))

/* A property of the open node: one string. */
static inline void el4_fdt_add_string(const struct el4_host *host, struct el4_fdt *fdt,
                                      const char *property, const char *text)
{
    const char *const strings[] = {text, NULL};
    host->fdt_strings(fdt, property, strings);
}

/* A property of the open node: one 32-bit cell. */
static inline void el4_fdt_add_cell(const struct el4_host *host, struct el4_fdt *fdt,
                                    const char *property, uint32_t cell)
{
    host->fdt_cells(fdt, property, &cell, 1);
}

#ifdef __cplusplus
}
#endif

#endif
