/* SPDX-License-Identifier: MIT */
/*
 * The life of a script: its Lua state with few libraries and hard limits, and calls into it.
 * Everything that can raise a Lua error runs below lua_pcall.
 */
#include "script.h"

#include <lualib.h>
#include <stdlib.h>
#include <string.h>

const char *const script_conduits[] = {"smc", "hvc", "el4", NULL};
const char *const script_callers[] = {"ns-el1", "ns-el2", "s-el1", "s-el2", "el3", NULL};

struct script *script_of(lua_State *lua)
{
    struct script *script;
    memcpy(&script, lua_getextraspace(lua), sizeof(script));
    return script;
}

/* ---- limits ---- */

static void *allocate(void *opaque, void *block, size_t old_bytes, size_t bytes)
{
    struct script *script = opaque;
    size_t freed = block ? old_bytes : 0;
    if (!bytes) {
        free(block);
        script->memory -= freed;
        return NULL;
    }
    if (bytes > freed && bytes - freed > script->limits.memory - script->memory) {
        return NULL;
    }
    void *moved = realloc(block, bytes);
    if (moved) {
        script->memory += bytes - freed;
    }
    return moved;
}

static void stop_running_away(lua_State *lua, lua_Debug *debug)
{
    /* A script may catch the error: then its very next instruction fails, too. */
    lua_sethook(lua, stop_running_away, LUA_MASKCOUNT, 1);
    luaL_error(lua, "it ran for more than %d instructions ('instructions' sets the limit)",
               (int)script_of(lua)->limits.instructions);
}

/* lua_pcall within the limits; false with script->error, and nothing on the stack. */
static bool run(struct script *script, int arguments, int results)
{
    lua_State *lua = script->lua;
    lua_sethook(lua, stop_running_away, LUA_MASKCOUNT, (int)script->limits.instructions);
    int status = lua_pcall(lua, arguments, results, 0);
    lua_sethook(lua, NULL, 0, 0);
    if (status == LUA_OK) {
        return true;
    }
    const char *reason = lua_tostring(lua, -1);
    snprintf(script->error, sizeof(script->error), "%s",
             status == LUA_ERRMEM ? "it needs more memory than 'memory' allows"
             : reason             ? reason
                                  : "an error that is no text");
    lua_settop(lua, 0);
    return false;
}

/* ---- loading ---- */

/* What reads files, loads code or asks the host is not there: a run must be repeatable, and a
 * broken script must not be able to do more than answer wrongly. */
static void open_libraries(lua_State *lua)
{
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},        {LUA_TABLIBNAME, luaopen_table},
        {LUA_STRLIBNAME, luaopen_string}, {LUA_MATHLIBNAME, luaopen_math},
        {LUA_UTF8LIBNAME, luaopen_utf8},
    };
    static const char *const unwanted[] = {"collectgarbage", "dofile", "load", "loadfile",
                                           "warn"};
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        luaL_requiref(lua, libraries[i].name, libraries[i].func, 1);
        lua_pop(lua, 1);
    }
    for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
        lua_pushnil(lua);
        lua_setglobal(lua, unwanted[i]);
    }
}

/* Lua runs finalizers without hooks: one that does not end could not be stopped. */
static int set_metatable_without_finalizer(lua_State *lua)
{
    if (lua_istable(lua, 2) && lua_getfield(lua, 2, "__gc") != LUA_TNIL) {
        return luaL_error(lua, "__gc is not supported here");
    }
    lua_settop(lua, 2);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, 2, 1);
    return 1;
}

static void replace_setmetatable(lua_State *lua)
{
    lua_getglobal(lua, "setmetatable");
    lua_pushcclosure(lua, set_metatable_without_finalizer, 1);
    lua_setglobal(lua, "setmetatable");
}

/* The host's randomness repeats where the clock is virtual; Lua's own seed never does. */
static void seed_random(lua_State *lua)
{
    struct script *script = script_of(lua);
    lua_Integer seeds[2];
    script->host->random(script->self, seeds, sizeof(seeds));
    lua_getglobal(lua, "math");
    lua_getfield(lua, -1, "randomseed");
    lua_pushinteger(lua, seeds[0]);
    lua_pushinteger(lua, seeds[1]);
    lua_call(lua, 2, 0);
    lua_pop(lua, 1);
}

static int set_up_and_load(lua_State *lua)
{
    const char *path = lua_touserdata(lua, 1);
    open_libraries(lua);
    replace_setmetatable(lua);
    lua_newtable(lua);
    script_add_host_functions(lua);
    lua_setglobal(lua, "el4");
    seed_random(lua);
    if (luaL_loadfilex(lua, path, "t") != LUA_OK) {
        return lua_error(lua);
    }
    lua_call(lua, 0, 0);
    if (lua_getglobal(lua, "call") != LUA_TFUNCTION) {
        return luaL_error(lua, "%s: it defines no function 'call(c)'", path);
    }
    return 0;
}

struct script *script_load(const struct el4_host *host, struct el4_instance *self,
                           const char *path, const struct script_limits *limits,
                           char error[SCRIPT_ERROR_MAX])
{
    struct script *script = calloc(1, sizeof(*script));
    if (script) {
        script->host = host;
        script->self = self;
        script->limits = *limits;
        script->lua = lua_newstate(allocate, script);
    }
    if (!script || !script->lua) {
        snprintf(error, SCRIPT_ERROR_MAX, "out of memory");
        free(script);
        return NULL;
    }
    memcpy(lua_getextraspace(script->lua), &script, sizeof(script));
    script->loading = true;
    lua_pushcfunction(script->lua, set_up_and_load);
    lua_pushlightuserdata(script->lua, (void *)path);
    if (!run(script, 1, 0)) {
        memcpy(error, script->error, SCRIPT_ERROR_MAX);
        script_free(script);
        return NULL;
    }
    script->loading = false;
    return script;
}

void script_free(struct script *script)
{
    if (script) {
        lua_close(script->lua);
        free(script);
    }
}

bool script_same_claims(const struct script *a, const struct script *b)
{
    if (a->claim_count != b->claim_count) {
        return false;
    }
    for (unsigned i = 0; i < a->claim_count; i++) {
        const struct el4_claim *x = &a->claims[i], *y = &b->claims[i];
        if (x->first != y->first || x->last != y->last || x->conduits != y->conduits ||
            x->callers != y->callers || x->selector != y->selector || x->flags != y->flags ||
            strcmp(x->name, y->name)) {
            return false;
        }
    }
    return true;
}

/* ---- calling ---- */

static void set_integer(lua_State *lua, const char *name, lua_Integer value)
{
    lua_pushinteger(lua, value);
    lua_setfield(lua, -2, name);
}

static void set_flag(lua_State *lua, const char *name, bool value)
{
    lua_pushboolean(lua, value);
    lua_setfield(lua, -2, name);
}

static void set_text(lua_State *lua, const char *name, const char *text)
{
    lua_pushstring(lua, text);
    lua_setfield(lua, -2, name);
}

static void push_call(lua_State *lua, const struct el4_call *call)
{
    lua_createtable(lua, 0, 11);
    set_integer(lua, "id", call->id);
    set_text(lua, "conduit", script_conduits[call->conduit]);
    set_text(lua, "caller", script_callers[__builtin_ctz(call->caller)]);
    set_integer(lua, "cpu", call->cpu);
    set_integer(lua, "el", call->el);
    set_integer(lua, "immediate", call->immediate);
    set_integer(lua, "selector", call->selector);
    set_flag(lua, "secure", call->secure);
    set_flag(lua, "aarch32", call->aarch32);
    set_flag(lua, "hint", call->hint);
    lua_createtable(lua, 17, 1);
    for (unsigned i = 0; i < 18; i++) {
        lua_pushinteger(lua, (lua_Integer)el4_call_arg(call, i));
        lua_rawseti(lua, -2, i);
    }
    lua_setfield(lua, -2, "args");
}

/* The values from `first` on are x0, x1, ...; nil leaves a register as it is. */
static void take_results(lua_State *lua, int first, struct el4_call *call)
{
    int count = lua_gettop(lua) - first + 1;
    if (count > 18) {
        luaL_error(lua, "call() returned %d values; there are 18 registers for results", count);
    }
    for (int i = 0; i < count; i++) {
        if (lua_isnil(lua, first + i)) {
            continue;
        }
        int is_integer;
        lua_Integer value = lua_tointegerx(lua, first + i, &is_integer);
        if (!is_integer || lua_type(lua, first + i) != LUA_TNUMBER) {
            luaL_error(lua, "call() returned a %s for x%d; an integer or nil was expected",
                       luaL_typename(lua, first + i), i);
        }
        el4_call_return(call, (unsigned)i, (uint64_t)value);
    }
}

struct asked {
    struct el4_call *call;
    enum el4_verdict verdict;
};

static int ask(lua_State *lua)
{
    static const char *const verdicts[] = {"handled", "pass", "trap", NULL};
    static const enum el4_verdict values[] = {EL4_HANDLED, EL4_PASS, EL4_TRAP};
    struct asked *asked = lua_touserdata(lua, 1);
    lua_settop(lua, 0);
    lua_getglobal(lua, "call");
    push_call(lua, asked->call);
    lua_call(lua, 1, LUA_MULTRET);
    int first = 1;
    if (lua_gettop(lua) == 0) {
        asked->verdict = EL4_PASS;
        return 0;
    }
    asked->verdict = EL4_HANDLED;
    if (lua_type(lua, 1) == LUA_TSTRING) {
        asked->verdict = values[script_choice(lua, 1, "verdict", verdicts)];
        first = 2;
    }
    if (asked->verdict == EL4_HANDLED) {
        take_results(lua, first, asked->call);
    }
    return 0;
}

static void make_requests(struct script *script)
{
    const struct script_requests *requests = &script->requests;
    if (requests->off) {
        script->host->cpu_off(script->self);
    }
    if (requests->suspend) {
        script->host->cpu_suspend(script->self, requests->has_entry ? &requests->entry : NULL);
    }
    if (requests->has_event) {
        script->host->system_event(script->self, requests->event);
    }
}

bool script_call(struct script *script, struct el4_call *call, enum el4_verdict *verdict)
{
    struct asked asked = {.call = call};
    script->call = call;
    script->requests = (struct script_requests){0};
    lua_pushcfunction(script->lua, ask);
    lua_pushlightuserdata(script->lua, &asked);
    bool answered = run(script, 1, 0);
    script->call = NULL;
    if (!answered) {
        call->result_mask = 0;
        return false;
    }
    *verdict = asked.verdict;
    if (*verdict == EL4_HANDLED) {
        make_requests(script);
    }
    return true;
}

struct notice {
    const char *function;
    int argument;
};

static int notify(lua_State *lua)
{
    const struct notice *notice = lua_touserdata(lua, 1);
    if (lua_getglobal(lua, notice->function) != LUA_TFUNCTION) {
        return 0;
    }
    if (notice->argument >= 0) {
        lua_pushinteger(lua, notice->argument);
    }
    lua_call(lua, notice->argument >= 0, 0);
    return 0;
}

bool script_notify(struct script *script, const char *function, int argument)
{
    struct notice notice = {function, argument};
    lua_pushcfunction(script->lua, notify);
    lua_pushlightuserdata(script->lua, &notice);
    return run(script, 1, 0);
}
