/* SPDX-License-Identifier: MIT */
/*
 * Typing (typing.h). Output is looked at once a round of the poll loop, and not at each byte: a
 * guest writes them one by one, and a regular expression costs more than a byte.
 */
#include "machine/typing.h"
#include <stdio.h>

#include "machine/private.h"

struct typist {
    struct el4_machine_typing *typing;
    GString *seen;   /* the last output; device lock */
    bool is_cut;     /* its first byte is there only for what a pattern's ^ looks back at */
    bool is_reached; /* the loop's thread */
};

static void take_output(void *opaque, const void *data, size_t bytes)
{
    struct typist *typist = ((struct el4_machine *)opaque)->typist;
    if (!typist->is_reached) {
        g_string_append_len(typist->seen, data, (gssize)bytes);
    }
    /* Seldom, as all of it moves. */
    if (typist->seen->len > 2 * (EL4_MACHINE_TYPING_WINDOW + 1)) {
        gsize rest = typist->seen->len - (EL4_MACHINE_TYPING_WINDOW + 1);
        g_string_erase(typist->seen, 0, (gssize)rest);
        typist->is_cut = true;
    }
}

static bool has_come(const struct typist *typist)
{
    /* An error, of a pattern that would take for ever, is no match. */
    return g_regex_match_full(typist->typing->after, typist->seen->str,
                              (gssize)typist->seen->len, typist->is_cut, 0, NULL, NULL);
}

static void look(void *opaque)
{
    struct el4_machine *machine = opaque;
    struct typist *typist = machine->typist;
    struct el4_machine_typing *typing = typist->typing;
    if (typist->is_reached) {
        return;
    }
    el4_io_lock(machine->io);
    typist->is_reached = has_come(typist);
    el4_io_unlock(machine->io);
    if (!typist->is_reached) {
        return;
    }
    el4_io_flush(machine->io);
    fflush(NULL); /* a trace, say */
    if (typing->reached) {
        typing->reached(machine, typing->data);
    }
    el4_io_lock(machine->io);
    typing->is_done = el4_io_type(machine->io, typing->text, typing->bytes);
    el4_io_unlock(machine->io);
}

void el4_machine_type(struct el4_machine *machine, struct el4_machine_typing *typing)
{
    const struct el4_io_tap tap = {.output = take_output, .look = look};
    machine->typist = g_new0(struct typist, 1);
    machine->typist->typing = typing;
    machine->typist->seen = g_string_new(NULL);
    el4_io_set_tap(machine->io, &tap, machine);
}

void el4_machine_free_typist(struct el4_machine *machine)
{
    if (machine->typist) {
        g_string_free(machine->typist->seen, TRUE);
        g_free(machine->typist);
    }
}
