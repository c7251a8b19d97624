/* SPDX-License-Identifier: MIT */
/*
 * The host table for tests of plugins, see fake-host.h: instances, messages, configuration,
 * memory and registers, wires, CPUs, time. fake-host-system.c has the rest.
 */
#include "fake-host-private.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- messages ---- */

static void host_log(struct el4_instance *self, enum el4_log_level level, const char *format,
                     ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(self->log, sizeof(self->log), format, arguments);
    va_end(arguments);
    assert_true(level < FAKE_LOG_LEVELS);
    assert_null(strchr(self->log, '\n'));
    self->log_count[level]++;
    if (self->log_print) {
        fprintf(stderr, "log %d: %s\n", level, self->log);
    }
}

static void host_fail(struct el4_instance *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(self->failure, sizeof(self->failure), format, arguments);
    va_end(arguments);
}

/* ---- configuration ---- */

static const struct el4_config_key *find_key(const char *name)
{
    const struct el4_config_schema *schema = el4_plugin.schema;
    for (size_t i = 0; schema && i < schema->key_count; i++) {
        if (!strcmp(schema->keys[i].name, name)) {
            return &schema->keys[i];
        }
    }
    return NULL;
}

/* The key's text; a key that the schema lacks or types otherwise fails the test. */
static const char *text_of(struct el4_instance *self, const char *name, uint32_t types)
{
    const struct el4_config_key *key = find_key(name);
    if (!key || !(types >> key->type & 1)) {
        fail_msg("key '%s' is asked for, which the schema does not have so", name);
        return NULL;
    }
    for (const struct fake_setting *s = self->settings; s && s->key; s++) {
        if (!strcmp(s->key, name)) {
            return s->value;
        }
    }
    return key->default_text;
}

#define TYPE(type) (1u << EL4_CONFIG_##type)

static bool host_config_bool(struct el4_instance *self, const char *key)
{
    const char *text = text_of(self, key, TYPE(BOOL));
    return text && (!strcasecmp(text, "yes") || !strcasecmp(text, "true") ||
                    !strcasecmp(text, "on") || !strcmp(text, "1"));
}

static int64_t host_config_int(struct el4_instance *self, const char *key)
{
    const char *text = text_of(self, key, TYPE(INT));
    return text ? strtoll(text, NULL, 0) : 0;
}

static uint64_t host_config_uint(struct el4_instance *self, const char *key)
{
    const char *text = text_of(self, key, TYPE(UINT) | TYPE(SIZE));
    if (!text) {
        return 0;
    }
    char *end;
    uint64_t value = strtoull(text, &end, 0);
    const char *suffixes = "KMGT", *suffix = *end ? strchr(suffixes, *end) : NULL;
    return suffix ? value << (10 * (suffix - suffixes + 1)) : value;
}

static const char *host_config_string(struct el4_instance *self, const char *key)
{
    return text_of(self, key, TYPE(STRING) | TYPE(PATH));
}

static int host_config_enum(struct el4_instance *self, const char *key)
{
    const char *text = text_of(self, key, TYPE(ENUM));
    const char *const *choices = find_key(key)->choices;
    for (int i = 0; text && choices[i]; i++) {
        if (!strcmp(choices[i], text)) {
            return i;
        }
    }
    return -1;
}

/* The i-th word of a text, kept as long as the fake. */
static const char *word_of(struct el4_instance *self, const char *text, size_t i)
{
    const char *separators = ", \t\n";
    while (text && *(text += strspn(text, separators))) {
        size_t length = strcspn(text, separators);
        if (i-- == 0) {
            char *word = self->words + self->words_used;
            assert_true(self->words_used + length < sizeof(self->words));
            memcpy(word, text, length);
            word[length] = '\0';
            self->words_used += length + 1;
            return word;
        }
        text += length;
    }
    return NULL;
}

static const char *host_config_list(struct el4_instance *self, const char *key, size_t i)
{
    return word_of(self, text_of(self, key, TYPE(LIST)), i);
}

static bool host_config_range(struct el4_instance *self, const char *key, size_t i,
                              uint64_t *first, uint64_t *last)
{
    const char *word = word_of(self, text_of(self, key, TYPE(RANGES)), i);
    if (!word) {
        return false;
    }
    char *end;
    *first = *last = strtoull(word, &end, 16);
    if (*end == '-') {
        *last = strtoull(end + 1, NULL, 16);
    }
    return true;
}

static bool host_config_is_set(struct el4_instance *self, const char *key)
{
    if (!strcmp(key, "claim")) { /* el4's own key of every service */
        return self->has_claim_key;
    }
    return text_of(self, key, UINT32_MAX) != NULL;
}

static const char *host_name(struct el4_instance *self)
{
    return self->name;
}

/* ---- time ---- */

static uint64_t host_now_ns(struct el4_instance *self)
{
    uint64_t now = self->now_ns;
    self->now_ns += self->now_step_ns;
    return now;
}

static int64_t host_wall_clock_s(struct el4_instance *self)
{
    return self->wall_clock_s + (int64_t)(host_now_ns(self) / 1000000000);
}

static struct el4_timer *host_timer_new(struct el4_instance *self,
                                        void (*expired)(void *opaque, uint64_t now_ns),
                                        void *opaque)
{
    for (unsigned i = 0; i < FAKE_TIMERS_MAX; i++) {
        struct el4_timer *timer = &self->timers[i];
        if (!timer->used) {
            *timer = (struct el4_timer){.used = true, .expired = expired, .opaque = opaque};
            return timer;
        }
    }
    fail_msg("more timers than the fake has");
    return NULL;
}

static void host_timer_set(struct el4_instance *self, struct el4_timer *timer, uint64_t at_ns)
{
    timer->armed = true;
    timer->at_ns = at_ns;
}

static void host_timer_cancel(struct el4_instance *self, struct el4_timer *timer)
{
    timer->armed = false;
}

static struct el4_timer *earliest(struct el4_instance *fake)
{
    struct el4_timer *found = NULL;
    for (unsigned i = 0; i < FAKE_TIMERS_MAX; i++) {
        struct el4_timer *timer = &fake->timers[i];
        if (timer->armed && (!found || timer->at_ns < found->at_ns)) {
            found = timer;
        }
    }
    return found;
}

uint64_t fake_next_timer(const struct el4_instance *fake)
{
    const struct el4_timer *timer = earliest((struct el4_instance *)fake);
    return timer ? timer->at_ns : UINT64_MAX;
}

void fake_advance(struct el4_instance *fake, uint64_t ns)
{
    uint64_t end = fake->now_ns + ns;
    for (struct el4_timer *timer; (timer = earliest(fake)) && timer->at_ns <= end;) {
        if (timer->at_ns > fake->now_ns) {
            fake->now_ns = timer->at_ns;
        }
        timer->armed = false;
        timer->expired(timer->opaque, fake->now_ns);
    }
    fake->now_ns = end;
}

/* ---- regions ---- */

static bool size_is_fine(unsigned size)
{
    return size == 0 || size == 1 || size == 2 || size == 4 || size == 8;
}

static struct fake_region *new_region(struct el4_instance *self, unsigned index)
{
    assert_true(self->creating);
    assert_true(index < FAKE_REGIONS_MAX);
    assert_false(self->regions[index].declared);
    self->regions[index].declared = true;
    return &self->regions[index];
}

static void set_mmio(struct fake_region *region, const struct el4_mmio *mmio)
{
    region->mmio = *mmio;
    assert_non_null(mmio->read);
    assert_non_null(mmio->write);
    assert_true(size_is_fine(mmio->size_min) && size_is_fine(mmio->size_max));
    region->mmio.size_min = mmio->size_min ? mmio->size_min : 4;
    region->mmio.size_max = mmio->size_max ? mmio->size_max : region->mmio.size_min;
}

static bool host_mmio_declare(struct el4_instance *self, unsigned index,
                              const struct el4_mmio *mmio)
{
    assert_int_equal(mmio->struct_size, sizeof(*mmio));
    assert_true(mmio->bytes > 0);
    set_mmio(new_region(self, index), mmio);
    return true;
}

static bool host_memory_declare(struct el4_instance *self, unsigned index,
                                const struct el4_memory *memory)
{
    assert_int_equal(memory->struct_size, sizeof(*memory));
    assert_true(memory->bytes > 0 && memory->bytes % 4096 == 0);
    struct fake_region *region = new_region(self, index);
    region->is_memory = region->direct = true;
    region->memory = *memory;
    if (memory->mmio) {
        set_mmio(region, memory->mmio);
    }
    region->mmio.bytes = memory->bytes;
    region->bytes = test_calloc(1, memory->bytes);
    return true;
}

static uint8_t *host_memory_pointer(struct el4_instance *self, unsigned index)
{
    return index < FAKE_REGIONS_MAX ? self->regions[index].bytes : NULL;
}

static void host_memory_set_direct(struct el4_instance *self, unsigned index, bool direct)
{
    assert_true(index < FAKE_REGIONS_MAX && self->regions[index].is_memory);
    self->regions[index].direct = direct;
}

/* What the bus refuses never reaches a device; tests that do it are wrong. */
static struct fake_region *checked(struct el4_instance *fake, unsigned region, uint64_t offset,
                                   unsigned size)
{
    assert_true(region < FAKE_REGIONS_MAX && fake->regions[region].declared);
    struct fake_region *r = &fake->regions[region];
    assert_true(offset % size == 0 && offset + size <= r->mmio.bytes);
    if (r->mmio.read) {
        assert_true(size >= r->mmio.size_min && size <= r->mmio.size_max);
    }
    return r;
}

static enum el4_mmio_result do_read(struct el4_instance *fake, unsigned region, uint64_t offset,
                                    unsigned size, uint64_t *value)
{
    struct fake_region *r = checked(fake, region, offset, size);
    *value = 0;
    if (r->is_memory && (r->direct || !r->mmio.read)) {
        memcpy(value, r->bytes + offset, size);
        return EL4_MMIO_OK;
    }
    return r->mmio.read(fake->state, offset, size, value, &fake->access);
}

static enum el4_mmio_result do_write(struct el4_instance *fake, unsigned region,
                                     uint64_t offset, unsigned size, uint64_t value)
{
    struct fake_region *r = checked(fake, region, offset, size);
    if (!r->is_memory || r->mmio.write) {
        return r->mmio.write(fake->state, offset, size, value, &fake->access);
    }
    if (r->memory.writable) {
        memcpy(r->bytes + offset, &value, size);
    }
    return EL4_MMIO_OK;
}

uint64_t fake_read(struct el4_instance *fake, unsigned region, uint64_t offset, unsigned size)
{
    uint64_t value;
    assert_int_equal(do_read(fake, region, offset, size, &value), EL4_MMIO_OK);
    return value;
}

void fake_write(struct el4_instance *fake, unsigned region, uint64_t offset, unsigned size,
                uint64_t value)
{
    assert_int_equal(do_write(fake, region, offset, size, value), EL4_MMIO_OK);
}

bool fake_read_faults(struct el4_instance *fake, unsigned region, uint64_t offset,
                      unsigned size)
{
    uint64_t value;
    return do_read(fake, region, offset, size, &value) == EL4_MMIO_FAULT;
}

bool fake_write_faults(struct el4_instance *fake, unsigned region, uint64_t offset,
                       unsigned size, uint64_t value)
{
    return do_write(fake, region, offset, size, value) == EL4_MMIO_FAULT;
}

static uint8_t *dma_target(struct el4_instance *self, uint64_t address, size_t bytes)
{
    uint64_t offset = address - self->ram_base;
    bool fits = address >= self->ram_base && offset <= self->ram_bytes &&
                bytes <= self->ram_bytes - offset;
    return fits && self->ram ? self->ram + offset : NULL;
}

static int host_dma_read(struct el4_instance *self, uint64_t address, void *buffer,
                         size_t bytes, bool secure)
{
    const uint8_t *from = dma_target(self, address, bytes);
    if (from) {
        memcpy(buffer, from, bytes);
    }
    return from ? 0 : -EFAULT;
}

static int host_dma_write(struct el4_instance *self, uint64_t address, const void *buffer,
                          size_t bytes, bool secure)
{
    uint8_t *to = dma_target(self, address, bytes);
    if (to) {
        memcpy(to, buffer, bytes);
    }
    return to ? 0 : -EFAULT;
}

static int find_register(const struct el4_instance *self, uint64_t address, unsigned size,
                         bool secure)
{
    for (unsigned i = 0; i < self->outside_count && size == 4 && secure; i++) {
        if (self->outside[i].address == address) {
            return (int)i;
        }
    }
    return -EFAULT;
}

static int host_register_read(struct el4_instance *self, uint64_t address, unsigned size,
                              uint64_t *value, bool secure)
{
    int word = find_register(self, address, size, secure);
    *value = word < 0 ? 0 : self->outside[word].value;
    return word < 0 ? word : 0;
}

static int host_register_write(struct el4_instance *self, uint64_t address, unsigned size,
                               uint64_t value, bool secure)
{
    int word = find_register(self, address, size, secure);
    if (word >= 0) {
        self->outside[word].value = (uint32_t)value;
        self->outside[word].writes++;
    }
    return word < 0 ? word : 0;
}

static bool host_memory_is_ram(struct el4_instance *self, uint64_t base, uint64_t bytes)
{
    return base >= self->ram_base && base - self->ram_base <= self->ram_bytes &&
           bytes <= self->ram_bytes - (base - self->ram_base);
}

/* ---- wires and CPUs ---- */

static void host_wire_set(struct el4_instance *self, unsigned output, bool level)
{
    assert_true(output < FAKE_OUTPUTS_MAX);
    self->output_changes[output] += self->outputs[output] != level;
    self->outputs[output] = level;
}

void fake_wire(struct el4_instance *fake, unsigned input, bool level)
{
    fake_device_ops()->wire_changed(fake->state, input, level);
}

static void host_cpu_line_set(struct el4_instance *self, unsigned cpu, unsigned line,
                              bool level)
{
    assert_true(cpu < self->cpu_count && line <= EL4_CPU_VFIQ);
    uint32_t lines = self->cpu_lines[cpu] & ~(1u << line);
    self->cpu_lines[cpu] = lines | (uint32_t)level << line;
    self->cpu_line_changes[cpu]++;
}

bool fake_cpu_line(const struct el4_instance *fake, unsigned cpu, enum el4_cpu_line line)
{
    return fake->cpu_lines[cpu] >> line & 1;
}

static unsigned host_cpu_count(struct el4_instance *self)
{
    return self->cpu_count;
}

static uint64_t host_cpu_mpidr(struct el4_instance *self, unsigned cpu)
{
    return cpu < self->cpu_count ? self->mpidr[cpu] : 0;
}

static bool host_sysreg_claim(struct el4_instance *self, uint32_t first, uint32_t last,
                              const struct el4_sysreg_ops *ops)
{
    assert_true(self->creating && first <= last && self->sysreg_count < FAKE_CLAIMS_MAX);
    for (unsigned i = 0; i < self->sysreg_count; i++) {
        assert_false(first <= self->sysregs[i].last && last >= self->sysregs[i].first);
    }
    self->sysregs[self->sysreg_count].first = first;
    self->sysregs[self->sysreg_count].last = last;
    self->sysregs[self->sysreg_count++].ops = *ops;
    return true;
}

enum el4_sysreg_verdict fake_sysreg(struct el4_instance *fake, struct el4_sysreg_access *access,
                                    bool write)
{
    for (unsigned i = 0; i < fake->sysreg_count; i++) {
        if (access->encoding >= fake->sysregs[i].first &&
            access->encoding <= fake->sysregs[i].last) {
            const struct el4_sysreg_ops *ops = &fake->sysregs[i].ops;
            return write ? ops->write(fake->state, access) : ops->read(fake->state, access);
        }
    }
    fail_msg("system register 0x%x is not claimed", access->encoding);
    return EL4_SYSREG_UNDEF;
}

/* ---- instances ---- */

static void fill_table(struct el4_host *table)
{
    *table = (struct el4_host){
        .struct_size = sizeof(*table),
        .abi_major = EL4_ABI_MAJOR,
        .log = host_log,
        .fail = host_fail,
        .config_bool = host_config_bool,
        .config_int = host_config_int,
        .config_uint = host_config_uint,
        .config_string = host_config_string,
        .config_enum = host_config_enum,
        .config_list = host_config_list,
        .config_range = host_config_range,
        .config_is_set = host_config_is_set,
        .name = host_name,
        .now_ns = host_now_ns,
        .wall_clock_s = host_wall_clock_s,
        .timer_new = host_timer_new,
        .timer_set = host_timer_set,
        .timer_cancel = host_timer_cancel,
        .mmio_declare = host_mmio_declare,
        .memory_declare = host_memory_declare,
        .memory_pointer = host_memory_pointer,
        .memory_set_direct = host_memory_set_direct,
        .dma_read = host_dma_read,
        .dma_write = host_dma_write,
        .register_read = host_register_read,
        .register_write = host_register_write,
        .memory_is_ram = host_memory_is_ram,
        .wire_set = host_wire_set,
        .cpu_line_set = host_cpu_line_set,
        .cpu_count = host_cpu_count,
        .cpu_mpidr = host_cpu_mpidr,
        .sysreg_claim = host_sysreg_claim,
    };
    fake_fill_system(table);
}

struct el4_instance *fake_new(const struct fake_setting *settings, unsigned cpus)
{
    struct el4_instance *fake = test_calloc(1, sizeof(*fake));
    assert_true(cpus <= FAKE_CPUS_MAX);
    fill_table(&fake->table);
    for (const struct fake_setting *s = settings; s && s->key; s++) {
        assert_non_null(find_key(s->key));
    }
    fake->name = "test";
    fake->settings = settings;
    fake->cpu_count = cpus;
    fake->event = -1;
    fake->access = (struct el4_access){.struct_size = sizeof(fake->access), .privileged = true};
    for (unsigned i = 0; i < cpus; i++) {
        fake->mpidr[i] = 0x80000000u + i;
        fake->cpu_state[i].struct_size = sizeof(fake->cpu_state[i]);
    }
    return fake;
}

const struct el4_device_operations *fake_device_ops(void)
{
    assert_int_equal(el4_plugin.kind, EL4_PLUGIN_DEVICE);
    return el4_plugin.operations;
}

const struct el4_service_operations *fake_service_ops(void)
{
    assert_int_equal(el4_plugin.kind, EL4_PLUGIN_SERVICE);
    return el4_plugin.operations;
}

const struct el4_board_operations *fake_board_ops(void)
{
    assert_int_equal(el4_plugin.kind, EL4_PLUGIN_BOARD);
    return el4_plugin.operations;
}

static bool try_create(struct el4_instance *fake,
                       void *(*create)(const struct el4_host *host, struct el4_instance *self))
{
    fake->creating = true;
    fake->state = create(&fake->table, fake);
    fake->creating = false;
    return fake->state;
}

bool fake_try_create_device(struct el4_instance *fake)
{
    return try_create(fake, fake_device_ops()->create);
}

bool fake_try_create_service(struct el4_instance *fake)
{
    return try_create(fake, fake_service_ops()->create);
}

bool fake_try_create_board(struct el4_instance *fake)
{
    return try_create(fake, fake_board_ops()->create);
}

void fake_create_device(struct el4_instance *fake)
{
    if (!fake_try_create_device(fake)) {
        fail_msg("create failed: %s", fake->failure);
    }
    if (fake_device_ops()->reset) {
        fake_device_ops()->reset(fake->state);
    }
}

void fake_create_service(struct el4_instance *fake)
{
    if (!fake_try_create_service(fake)) {
        fail_msg("create failed: %s", fake->failure);
    }
    if (fake_service_ops()->reset) {
        fake_service_ops()->reset(fake->state);
    }
}

static void destroy_state(struct el4_instance *fake)
{
    void (*destroy)(void *state) = NULL;
    switch (el4_plugin.kind) {
    case EL4_PLUGIN_DEVICE: destroy = fake_device_ops()->destroy; break;
    case EL4_PLUGIN_SERVICE: destroy = fake_service_ops()->destroy; break;
    default: destroy = fake_board_ops()->destroy; break;
    }
    if (fake->state && destroy) {
        destroy(fake->state);
    }
}

void fake_free(struct el4_instance *fake)
{
    destroy_state(fake);
    for (unsigned i = 0; i < FAKE_REGIONS_MAX; i++) {
        if (fake->regions[i].bytes) {
            test_free(fake->regions[i].bytes);
        }
    }
    test_free(fake);
}

int fake_make(void **state)
{
    struct el4_instance *fake = fake_new(NULL, 1);
    fake_create_device(fake);
    *state = fake;
    return 0;
}

int fake_drop(void **state)
{
    fake_free(*state);
    return 0;
}
