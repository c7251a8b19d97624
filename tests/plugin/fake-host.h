/* SPDX-License-Identifier: MIT */
/*
 * A host table for tests of plugins: no machine behind it, but configuration from a list,
 * time that the test moves, and a record of all that the plugin does. A test is linked with
 * fake-host.c and the sources of the one plugin that it tests.
 *
 *     struct el4_instance *fake = fake_new(settings, 2);
 *     fake_create_device(fake);              // fails the test if create fails
 *     fake_write(fake, 0, 0x0, 4, 1);        // region 0, as fake->access says
 *     assert_int_equal(fake_read(fake, 0, 0x4, 4), 42);
 *     fake_free(fake);
 *
 * Broken rules of the interface (an access that is not declared, a call-back that comes too
 * late) fail the test.
 */
#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include <el4/board.h>
#include <el4/device.h>
#include <el4/host.h>
#include <el4/plugin.h>
#include <el4/service.h>
#include <stdio.h>

/* The plugin under test. */
extern const struct el4_plugin el4_plugin;

#define FAKE_REGIONS_MAX 8
#define FAKE_OUTPUTS_MAX 128
#define FAKE_CPUS_MAX    64
#define FAKE_CLAIMS_MAX  64
#define FAKE_TIMERS_MAX  64
#define FAKE_STREAMS_MAX 4
#define FAKE_LIST_MAX    256
#define FAKE_TEXT_MAX    65536
#define FAKE_LOG_LEVELS  (EL4_LOG_DEBUG + 1)

/* A key of the instance's section; a list of them ends with a NULL key. */
struct fake_setting {
    const char *key;
    const char *value;
};

/* A named blob of the boot configuration; a list of them ends with a NULL name. */
struct fake_blob {
    const char *name;
    const void *data;
    size_t bytes;
};

struct fake_region {
    bool declared, is_memory, direct;
    struct el4_mmio mmio; /* of memory: its call-backs, if any */
    struct el4_memory memory;
    uint8_t *bytes;
};

struct el4_timer {
    bool used, armed;
    uint64_t at_ns;
    void (*expired)(void *opaque, uint64_t now_ns);
    void *opaque;
};

struct el4_stream {
    bool open;
    char spec[64];
    void (*event)(void *opaque, enum el4_stream_event event);
    void *opaque;
    uint8_t input[FAKE_TEXT_MAX]; /* what the plugin has not read yet */
    size_t input_bytes;
    uint8_t output[FAKE_TEXT_MAX]; /* all that it has written */
    size_t output_bytes;
};

/* The instance under test. Tests read and set what they like. */
struct el4_instance {
    struct el4_host table;
    void *state;      /* what create returned */
    bool creating;    /* create or build is running */
    const char *name; /* "test" */
    const struct fake_setting *settings;
    bool has_claim_key;        /* its section has `claim` */
    char words[FAKE_TEXT_MAX]; /* of config_list */
    size_t words_used;

    char failure[512];                   /* text of fail() */
    char log[512];                       /* last message */
    unsigned log_count[FAKE_LOG_LEVELS]; /* messages by level */
    bool log_print;                      /* also to stderr */

    uint64_t now_ns;
    uint64_t now_step_ns; /* by which each look at the clock moves it: real ones do not stand */
    int64_t wall_clock_s;
    struct el4_timer timers[FAKE_TIMERS_MAX];

    struct el4_access access; /* who makes fake_read() and fake_write() */
    struct fake_region regions[FAKE_REGIONS_MAX];
    uint8_t *ram; /* guest memory for bus masters: set by the test, freed by it */
    uint64_t ram_base, ram_bytes;

    bool outputs[FAKE_OUTPUTS_MAX];
    unsigned output_changes[FAKE_OUTPUTS_MAX];

    unsigned cpu_count;
    uint64_t mpidr[FAKE_CPUS_MAX];     /* 0x80000000 + number */
    uint32_t cpu_lines[FAKE_CPUS_MAX]; /* bit n: enum el4_cpu_line n */
    unsigned cpu_line_changes[FAKE_CPUS_MAX];
    unsigned cpu_power[FAKE_CPUS_MAX]; /* enum el4_cpu_power */
    struct el4_cpu_state cpu_state[FAKE_CPUS_MAX];
    uint64_t stolen_ns[FAKE_CPUS_MAX];
    bool stolen_is_unknown;
    struct el4_reservation reservation; /* the last; at the end of `ram` */
    /* Contexts as the service finds and leaves them; whether it may set one. */
    struct el4_cpu_context context[FAKE_CPUS_MAX];
    unsigned context_sets;
    bool context_is_refused;
    bool interrupt_asked[FAKE_CPUS_MAX]; /* by cpu_interrupt */
    bool taken[1024], levels[1024];      /* shared interrupts */
    unsigned caller;                     /* the calling CPU, for cpu_off and cpu_suspend */
    struct {
        uint32_t first, last;
        struct el4_sysreg_ops ops;
    } sysregs[FAKE_CLAIMS_MAX];
    unsigned sysreg_count;

    /* What services asked for. */
    struct el4_power_entry cpu_on_entry[FAKE_CPUS_MAX];
    int cpu_on_result;
    unsigned cpu_off_count, suspend_count;
    bool suspend_has_entry;
    struct el4_power_entry suspend_entry;
    int event; /* last enum el4_system_event, -1 none */
    bool memory_protect;
    struct el4_claim claims[FAKE_CLAIMS_MAX];
    unsigned claim_count;
    /* Registers of other devices, for services: one word each, found by its address. */
    struct {
        uint64_t address;
        uint32_t value;
        unsigned writes;
    } outside[FAKE_LIST_MAX];
    unsigned outside_count;
    /* What call_is_claimed says; NULL: true for the instance's own claims. */
    bool (*is_claimed)(unsigned conduit, uint32_t id, unsigned cpu);

    struct el4_stream streams[FAKE_STREAMS_MAX];
    const struct el4_poll_ops *poll_ops;
    void *poll_opaque;
    unsigned poll_kicks;
    const struct fake_blob *blobs; /* may be NULL */

    /* What a board built; strings are the board's own. */
    struct el4_board_memory memories[FAKE_LIST_MAX];
    struct el4_board_device devices[FAKE_LIST_MAX];
    struct el4_board_wire wires[FAKE_LIST_MAX];
    unsigned memory_count, device_count, wire_count;
    struct {
        char device[32];
        const struct el4_board_setting *disk, *network, *console;
    } places[FAKE_LIST_MAX];
    unsigned place_count;
    struct el4_board_boot boot;
    uint64_t machine_memory, machine_el2, machine_el3;

    /* The device tree as text, one property a line: "compatible = arm,pl011 arm,primecell",
     * "#interrupt-cells = 0x3", "interrupt-controller". */
    char fdt[FAKE_TEXT_MAX];
    unsigned fdt_depth;
};

/* An instance with these settings (may be NULL) over the schema's defaults. */
struct el4_instance *fake_new(const struct fake_setting *settings, unsigned cpus);
/* Call create; false if it failed (fake->failure says why). */
bool fake_try_create_device(struct el4_instance *fake);
bool fake_try_create_service(struct el4_instance *fake);
bool fake_try_create_board(struct el4_instance *fake);
/* The same, where a failure fails the test; a device or service is also reset. */
void fake_create_device(struct el4_instance *fake);
void fake_create_service(struct el4_instance *fake);
/* Destroy the instance's state, and the fake. */
void fake_free(struct el4_instance *fake);
/* Both as cmocka wants them: a device of one CPU's machine with the defaults, in *state. */
int fake_make(void **state);
int fake_drop(void **state);

const struct el4_device_operations *fake_device_ops(void);
const struct el4_service_operations *fake_service_ops(void);
const struct el4_board_operations *fake_board_ops(void);

/* An access to a region, checked as the bus does. A fault of the device fails the test. */
uint64_t fake_read(struct el4_instance *fake, unsigned region, uint64_t offset, unsigned size);
void fake_write(struct el4_instance *fake, unsigned region, uint64_t offset, unsigned size,
                uint64_t value);
/* True if the device refuses it. */
bool fake_read_faults(struct el4_instance *fake, unsigned region, uint64_t offset,
                      unsigned size);
bool fake_write_faults(struct el4_instance *fake, unsigned region, uint64_t offset,
                       unsigned size, uint64_t value);
/* Change an input wire. */
void fake_wire(struct el4_instance *fake, unsigned input, bool level);
/* MRS or MSR of a claimed register; not claimed fails the test. */
enum el4_sysreg_verdict fake_sysreg(struct el4_instance *fake, struct el4_sysreg_access *access,
                                    bool write);
bool fake_cpu_line(const struct el4_instance *fake, unsigned cpu, enum el4_cpu_line line);

/* Let time pass; timers expire in order, each at its own time. */
void fake_advance(struct el4_instance *fake, uint64_t ns);
/* Deadline of the earliest timer, UINT64_MAX if none is armed. */
uint64_t fake_next_timer(const struct el4_instance *fake);
/* Type into a stream; READABLE is sent. */
void fake_type(struct el4_instance *fake, unsigned stream, const void *data, size_t bytes);

/* Call a device's, or a service's fdt call-back; the text is in fake->fdt. */
void fake_fdt(struct el4_instance *fake);
void fake_service_fdt(struct el4_instance *fake, unsigned conduit);
/* True if the device tree has this line (without indentation). */
bool fake_fdt_has(const struct el4_instance *fake, const char *line);

#endif
