/* SPDX-License-Identifier: MIT */
/*
 * A Lua script that answers calls: loaded, kept within its limits of memory and instructions,
 * called, thrown away. Nothing a script does leaves its state but through the functions of the
 * table `el4` (script-host.c); its mistakes come back as sentences with the script's line.
 */
#ifndef EL4_LUA_SCRIPT_H
#define EL4_LUA_SCRIPT_H

#include <el4/service.h>
#include <lauxlib.h>
#include <lua.h>

#define SCRIPT_CLAIMS_MAX 64
#define SCRIPT_NAME_MAX   48
#define SCRIPT_ERROR_MAX  512

struct script_limits {
    size_t memory;         /* bytes */
    uint64_t instructions; /* of Lua's machine, for each time that the script is entered */
};

/* What a script asks of the machine waits here until its answer is known to be HANDLED. */
struct script_requests {
    bool off, suspend, has_entry, has_event;
    struct el4_power_entry entry; /* of suspend */
    enum el4_system_event event;
};

struct script {
    lua_State *lua;
    const struct el4_host *host;
    struct el4_instance *self;
    struct script_limits limits;
    size_t memory;               /* bytes in use */
    bool loading;                /* claims may be made */
    const struct el4_call *call; /* being answered, or NULL */
    struct script_requests requests;
    struct el4_claim claims[SCRIPT_CLAIMS_MAX];
    char names[SCRIPT_CLAIMS_MAX][SCRIPT_NAME_MAX];
    unsigned claim_count;
    char error[SCRIPT_ERROR_MAX]; /* why the last function failed */
};

/* Run the file from its beginning, which declares claims and defines functions. NULL, with the
 * reason in error, if it cannot be read or makes a mistake. */
struct script *script_load(const struct el4_host *host, struct el4_instance *self,
                           const char *path, const struct script_limits *limits,
                           char error[SCRIPT_ERROR_MAX]);
void script_free(struct script *script);
/* Ask function `call`. False, with script->error, if the script made a mistake: then there are
 * no results, and nothing was asked of the machine but cpu_on. */
bool script_call(struct script *script, struct el4_call *call, enum el4_verdict *verdict);
/* Call a function of this name if there is one, with an argument or without (negative). */
bool script_notify(struct script *script, const char *function, int argument);
/* True if both scripts claim the same. */
bool script_same_claims(const struct script *a, const struct script *b);

/* Fill the table on top of the stack with the functions that scripts may use. */
void script_add_host_functions(lua_State *lua);
/* The script whose state this is. */
struct script *script_of(lua_State *lua);
/* The word at this place of the stack, as an index into words (ended by NULL); a Lua error
 * that lists them if it is none of them. */
int script_choice(lua_State *lua, int index, const char *what, const char *const *words);

extern const char *const script_conduits[]; /* in the order of enum el4_conduit */
extern const char *const script_callers[];  /* in the order of the bits EL4_CALLER_* */

#endif
