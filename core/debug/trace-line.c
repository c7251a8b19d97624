/* SPDX-License-Identifier: MIT */
/*
 * The formats of a trace: lines of text, lines of JSON, and a timeline, which is the JSON array
 * of events that Perfetto and Chrome's about:tracing load. There each CPU has two tracks, one
 * with its exception levels and what happens there, one with its power states.
 */
#include "debug/trace-private.h"

#include <inttypes.h>
#include <string.h>

#define TIMELINE_PROCESS 1
/* Numbers of tracks: those of CPUs' levels begin at 0, those of their power states here. */
#define POWER_TRACKS 1000

static uint64_t now_ns(const struct el4_trace *trace)
{
    return trace->config.now_ns ? trace->config.now_ns(trace->config.now_data) : 0;
}

/* Names here are ours or plugins': nothing to escape but quotes, and no control characters. */
static void append_quoted(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            g_string_append_c(out, '\\');
        }
        g_string_append_c(out, (unsigned char)*text < ' ' ? ' ' : *text);
    }
    g_string_append_c(out, '"');
}

/* What all events of a timeline have; times are microseconds. */
static void append_event(GString *out, const char *phase, unsigned track, uint64_t ns)
{
    g_string_append_printf(out, "{\"ph\":\"%s\",\"pid\":%d,\"tid\":%u,\"ts\":%" PRIu64 ".%03u",
                           phase, TIMELINE_PROCESS, track, ns / 1000, (unsigned)(ns % 1000));
}

/* A span from start_ns to now, or, without a start, something of this moment. */
static void begin_event(struct trace_line *line, const struct el4_cpu *cpu, const char *kind,
                        const char *what, const uint64_t *start_ns, uint64_t now)
{
    append_event(line->text, start_ns ? "X" : "i", cpu->index, start_ns ? *start_ns : now);
    if (start_ns) {
        g_string_append_printf(line->text, ",\"dur\":%" PRIu64 ".%03u",
                               (now - *start_ns) / 1000, (unsigned)((now - *start_ns) % 1000));
    }
    g_string_append_printf(line->text, ",\"cat\":\"%s\",\"name\":", kind);
    append_quoted(line->text, what);
    g_string_append(line->text, ",\"args\":{");
}

static void begin_json(struct trace_line *line, const struct el4_cpu *cpu, const char *kind,
                       uint64_t now)
{
    g_string_append_printf(line->text, "{\"kind\":\"%s\",\"cpu\":%u", kind, cpu->index);
    if (line->trace->config.now_ns) {
        g_string_append_printf(line->text, ",\"ns\":%" PRIu64, now);
    }
    line->has_fields = true;
}

static void begin_text(struct trace_line *line, const struct el4_cpu *cpu, const char *kind,
                       uint64_t now)
{
    if (line->trace->config.now_ns) {
        g_string_append_printf(line->text, "%" PRIu64 ".%09" PRIu64 " ", now / 1000000000,
                               now % 1000000000);
    }
    g_string_append_printf(line->text, "cpu%u %s", cpu->index, kind);
}

static struct trace_line begin(struct el4_trace *trace, const struct el4_cpu *cpu,
                               const char *kind, const char *what, const uint64_t *start_ns)
{
    uint64_t now = now_ns(trace);
    struct trace_line line = {
        .trace = trace,
        .text = g_string_sized_new(200),
        .is_json = trace->config.format != EL4_TRACE_TEXT,
    };
    switch (trace->config.format) {
    case EL4_TRACE_TEXT: begin_text(&line, cpu, kind, now); break;
    case EL4_TRACE_JSON: begin_json(&line, cpu, kind, now); break;
    case EL4_TRACE_TIMELINE: begin_event(&line, cpu, kind, what, start_ns, now); break;
    }
    return line;
}

struct trace_line el4_trace_begin_span(struct el4_trace *trace, const struct el4_cpu *cpu,
                                       const char *kind, const char *what, uint64_t start_ns)
{
    return begin(trace, cpu, kind, what, &start_ns);
}

struct trace_line el4_trace_begin(struct el4_trace *trace, const struct el4_cpu *cpu,
                                  const char *kind, const char *what)
{
    return begin(trace, cpu, kind, what, NULL);
}

static void append_name(struct trace_line *line, const char *name)
{
    g_string_append_printf(line->text, line->is_json ? "%s\"%s\":" : "%s%s=",
                           !line->is_json     ? " "
                           : line->has_fields ? ","
                                              : "",
                           name);
    line->has_fields = true;
}

void el4_trace_hex(struct trace_line *line, const char *name, uint64_t value)
{
    append_name(line, name);
    g_string_append_printf(line->text, line->is_json ? "\"0x%" PRIx64 "\"" : "0x%" PRIx64,
                           value);
}

void el4_trace_number(struct trace_line *line, const char *name, uint64_t value)
{
    append_name(line, name);
    g_string_append_printf(line->text, "%" PRIu64, value);
}

void el4_trace_text(struct trace_line *line, const char *name, const char *text)
{
    append_name(line, name);
    if (line->is_json) {
        append_quoted(line->text, text);
    } else {
        g_string_append(line->text, text);
    }
}

void el4_trace_finish(struct trace_line *line)
{
    static const char *const ends[] = {
        [EL4_TRACE_TEXT] = "\n", [EL4_TRACE_JSON] = "}\n", [EL4_TRACE_TIMELINE] = "}}"};
    g_string_append(line->text, ends[line->trace->config.format]);
    el4_trace_write(line->trace, line->text->str, line->text->len);
    g_string_free(line->text, TRUE);
}

/* ---- tracks ---- */

static void name_track(struct el4_trace *trace, unsigned track, const char *format,
                       unsigned cpu)
{
    g_autofree char *name = g_strdup_printf(format, cpu);
    g_autofree char *event =
        g_strdup_printf("{\"ph\":\"M\",\"pid\":%d,\"tid\":%u,\"name\":\"thread_name\","
                        "\"args\":{\"name\":\"%s\"}}",
                        TIMELINE_PROCESS, track, name);
    el4_trace_write(trace, event, strlen(event));
}

/* End what the track shows, if anything, and begin something else. */
static void change(struct el4_trace *trace, unsigned track, const char *from, const char *to)
{
    uint64_t now = now_ns(trace);
    g_autoptr(GString) event = g_string_new(NULL);
    if (from) {
        append_event(event, "E", track, now);
        g_string_append_c(event, '}');
        el4_trace_write(trace, event->str, event->len);
        g_string_truncate(event, 0);
    }
    append_event(event, "B", track, now);
    g_string_append_printf(event, ",\"name\":\"%s\"}", to);
    el4_trace_write(trace, event->str, event->len);
}

void el4_trace_name_tracks(struct el4_trace *trace)
{
    for (unsigned cpu = 0; cpu < trace->config.cpus; cpu++) {
        name_track(trace, cpu, "cpu%u", cpu);
        name_track(trace, POWER_TRACKS + cpu, "cpu%u power", cpu);
    }
}

void el4_trace_enter_level(struct el4_trace *trace, const struct el4_cpu *cpu,
                           const char *level)
{
    struct track *track = &trace->tracks[cpu->index];
    if (trace->config.format == EL4_TRACE_TIMELINE && track->level != level) {
        change(trace, cpu->index, track->level, level);
        track->level = level;
    }
}

void el4_trace_enter_power(struct el4_trace *trace, const struct el4_cpu *cpu,
                           const char *power)
{
    struct track *track = &trace->tracks[cpu->index];
    if (trace->config.format == EL4_TRACE_TIMELINE && track->power != power) {
        change(trace, POWER_TRACKS + cpu->index, track->power, power);
        track->power = power;
    }
}
