/* SPDX-License-Identifier: MIT */
/*
 * The table `el4` of a script: the part of the host table that services need, with Lua's types.
 * A wrong argument is a Lua error, which fails the call that is being answered.
 */
#include "script.h"

#include <errno.h>
#include <string.h>

/* What a script may read or write of guest memory at once. */
#define TRANSFER_MAX 65536

int script_choice(lua_State *lua, int index, const char *what, const char *const *words)
{
    const char *text = lua_type(lua, index) == LUA_TSTRING ? lua_tostring(lua, index) : NULL;
    for (int i = 0; text && words[i]; i++) {
        if (!strcmp(text, words[i])) {
            return i;
        }
    }
    luaL_Buffer known;
    luaL_buffinit(lua, &known);
    for (int i = 0; words[i]; i++) {
        luaL_addstring(&known, i ? ", " : "");
        luaL_addstring(&known, words[i]);
    }
    luaL_pushresult(&known);
    return luaL_error(lua, "'%s' is no %s; it is one of %s", text ? text : "?", what,
                      lua_tostring(lua, -1));
}

static void must_be_in_call(lua_State *lua, const char *function)
{
    if (!script_of(lua)->call) {
        luaL_error(lua, "el4.%s() can be used while a call is answered only", function);
    }
}

static unsigned check_cpu(lua_State *lua, int index)
{
    const struct script *script = script_of(lua);
    lua_Integer cpu = luaL_checkinteger(lua, index);
    unsigned count = script->host->cpu_count(script->self);
    if (cpu < 0 || cpu >= count) {
        luaL_error(lua, "there is no CPU %d; the machine has %d, from 0 on",
                   (int)(cpu < 0 || cpu > 9999 ? 9999 : cpu), (int)count);
    }
    return (unsigned)cpu;
}

/* ---- claims ---- */

static lua_Integer field_integer(lua_State *lua, const char *name, lua_Integer otherwise)
{
    lua_Integer value = otherwise;
    if (lua_getfield(lua, 1, name) != LUA_TNIL) {
        int is_integer;
        value = lua_tointegerx(lua, -1, &is_integer);
        if (!is_integer) {
            luaL_error(lua, "%s must be an integer", name);
        }
    }
    lua_pop(lua, 1);
    return value;
}

static bool field_flag(lua_State *lua, const char *name)
{
    lua_getfield(lua, 1, name);
    bool value = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return value;
}

/* A list of words, as bits by their places in `words`; `all` if the field is not there. */
static uint32_t field_bits(lua_State *lua, const char *name, const char *what,
                           const char *const *words, uint32_t all)
{
    uint32_t bits = all;
    int type = lua_getfield(lua, 1, name);
    if (type == LUA_TTABLE) {
        bits = 0;
        for (lua_Integer i = 1; lua_geti(lua, -1, i) != LUA_TNIL; i++) {
            bits |= 1u << script_choice(lua, lua_gettop(lua), what, words);
            lua_pop(lua, 1);
        }
        lua_pop(lua, 1);
    } else if (type != LUA_TNIL) {
        luaL_error(lua, "%s must be a list, as in {\"%s\"}", name, words[0]);
    }
    lua_pop(lua, 1);
    return bits;
}

/* el4.claim{first = , last = , name = , conduits = {}, callers = {}, selector = ,
 * starts_cpus = } */
static int claim(lua_State *lua)
{
    struct script *script = script_of(lua);
    luaL_checktype(lua, 1, LUA_TTABLE);
    if (!script->loading) {
        return luaL_error(lua, "claims are made when the script is loaded, not later");
    }
    if (script->claim_count == SCRIPT_CLAIMS_MAX) {
        return luaL_error(lua, "more than %d claims; use ranges", SCRIPT_CLAIMS_MAX);
    }
    lua_Integer first = field_integer(lua, "first", -1);
    lua_Integer last = field_integer(lua, "last", first);
    lua_Integer selector = field_integer(lua, "selector", 0);
    if (first < 0 || last < first || last > UINT32_MAX) {
        return luaL_error(lua, "a claim has 'first' and 'last', ids of 32 bits in that order");
    }
    if (selector < 0 || selector > 17) {
        return luaL_error(lua, "selector is the number of a register, 0 to 17");
    }
    char *name = script->names[script->claim_count];
    lua_getfield(lua, 1, "name");
    const char *text = lua_tostring(lua, -1);
    if (!text || !*text || strlen(text) >= SCRIPT_NAME_MAX) {
        return luaL_error(lua, "a claim has a 'name' of at most %d letters",
                          SCRIPT_NAME_MAX - 1);
    }
    strcpy(name, text);
    script->claims[script->claim_count] = (struct el4_claim){
        .struct_size = sizeof(struct el4_claim),
        .conduits = field_bits(lua, "conduits", "conduit", script_conduits, EL4_CONDUITS_ALL),
        .callers = field_bits(lua, "callers", "caller", script_callers, EL4_CALLERS_ALL),
        .selector = (uint32_t)selector,
        .first = (uint32_t)first,
        .last = (uint32_t)last,
        .name = name,
        .flags = field_flag(lua, "starts_cpus") ? EL4_CLAIM_STARTS_CPUS : 0,
    };
    script->claim_count++;
    return 0;
}

/* el4.is_claimed(id, conduit, cpu) */
static int is_claimed(lua_State *lua)
{
    const struct script *script = script_of(lua);
    must_be_in_call(lua, "is_claimed");
    uint32_t id = (uint32_t)luaL_checkinteger(lua, 1);
    int conduit = script_choice(lua, 2, "conduit", script_conduits);
    unsigned cpu = check_cpu(lua, 3);
    lua_pushboolean(lua,
                    script->host->call_is_claimed(script->self, (unsigned)conduit, id, cpu));
    return 1;
}

/* ---- messages, time, memory ---- */

static int say(lua_State *lua)
{
    const struct script *script = script_of(lua);
    luaL_Buffer line;
    int count = lua_gettop(lua);
    luaL_buffinit(lua, &line);
    for (int i = 1; i <= count; i++) {
        luaL_addstring(&line, i > 1 ? " " : "");
        luaL_tolstring(lua, i, NULL);
        luaL_addvalue(&line);
    }
    luaL_pushresult(&line);
    script->host->log(script->self, EL4_LOG_INFO, "%s", lua_tostring(lua, -1));
    return 0;
}

static int now_ns(lua_State *lua)
{
    const struct script *script = script_of(lua);
    lua_pushinteger(lua, (lua_Integer)script->host->now_ns(script->self));
    return 1;
}

static int wall_clock_s(lua_State *lua)
{
    const struct script *script = script_of(lua);
    lua_pushinteger(lua, script->host->wall_clock_s(script->self));
    return 1;
}

/* el4.random(bytes): a string */
static int random_bytes(lua_State *lua)
{
    const struct script *script = script_of(lua);
    lua_Integer bytes = luaL_checkinteger(lua, 1);
    luaL_argcheck(lua, bytes >= 0 && bytes <= TRANSFER_MAX, 1, "0 to 65536 bytes");
    luaL_Buffer buffer;
    char *data = luaL_buffinitsize(lua, &buffer, (size_t)bytes);
    script->host->random(script->self, data, (size_t)bytes);
    luaL_pushresultsize(&buffer, (size_t)bytes);
    return 1;
}

/* el4.read(address, bytes [, secure]): a string, nil if not all of it is memory */
static int read_memory(lua_State *lua)
{
    const struct script *script = script_of(lua);
    uint64_t address = (uint64_t)luaL_checkinteger(lua, 1);
    lua_Integer bytes = luaL_checkinteger(lua, 2);
    luaL_argcheck(lua, bytes >= 0 && bytes <= TRANSFER_MAX, 2, "0 to 65536 bytes");
    bool secure = lua_toboolean(lua, 3);
    luaL_Buffer buffer;
    char *data = luaL_buffinitsize(lua, &buffer, (size_t)bytes);
    if (script->host->dma_read(script->self, address, data, (size_t)bytes, secure)) {
        lua_pushnil(lua);
        return 1;
    }
    luaL_pushresultsize(&buffer, (size_t)bytes);
    return 1;
}

/* el4.write(address, string [, secure]): false if not all of it is memory */
static int write_memory(lua_State *lua)
{
    const struct script *script = script_of(lua);
    uint64_t address = (uint64_t)luaL_checkinteger(lua, 1);
    size_t bytes;
    const char *data = luaL_checklstring(lua, 2, &bytes);
    luaL_argcheck(lua, bytes <= TRANSFER_MAX, 2, "0 to 65536 bytes");
    bool secure = lua_toboolean(lua, 3);
    int result = script->host->dma_write(script->self, address, data, bytes, secure);
    lua_pushboolean(lua, result == 0);
    return 1;
}

static int is_ram(lua_State *lua)
{
    const struct script *script = script_of(lua);
    uint64_t base = (uint64_t)luaL_checkinteger(lua, 1);
    uint64_t bytes = (uint64_t)luaL_checkinteger(lua, 2);
    lua_pushboolean(lua, script->host->memory_is_ram(script->self, base, bytes));
    return 1;
}

/* ---- CPUs and power ---- */

static int cpu_count(lua_State *lua)
{
    const struct script *script = script_of(lua);
    lua_pushinteger(lua, script->host->cpu_count(script->self));
    return 1;
}

static int mpidr(lua_State *lua)
{
    const struct script *script = script_of(lua);
    lua_pushinteger(lua, (lua_Integer)script->host->cpu_mpidr(script->self, check_cpu(lua, 1)));
    return 1;
}

static int cpu_power(lua_State *lua)
{
    static const char *const names[] = {"on", "off", "on-pending", "suspended"};
    const struct script *script = script_of(lua);
    unsigned power = script->host->cpu_power(script->self, check_cpu(lua, 1));
    lua_pushstring(lua, power < 4 ? names[power] : "unknown");
    return 1;
}

/* The table at `index`: pc, context_id, el, secure, big_endian, aarch32, thumb; what is not
 * there is as the calling CPU has it, or 0. */
static struct el4_power_entry check_entry(lua_State *lua, int index)
{
    const struct script *script = script_of(lua);
    struct el4_power_entry entry = {.struct_size = sizeof(entry)};
    struct el4_cpu_state state = {.struct_size = sizeof(state)};
    luaL_checktype(lua, index, LUA_TTABLE);
    script->host->cpu_state(script->self, script->call->cpu, &state);
    lua_getfield(lua, index, "pc");
    entry.pc = (uint64_t)luaL_checkinteger(lua, -1);
    lua_getfield(lua, index, "context_id");
    entry.context_id = (uint64_t)luaL_optinteger(lua, -1, 0);
    lua_getfield(lua, index, "el");
    lua_Integer el = luaL_optinteger(lua, -1, state.el);
    luaL_argcheck(lua, el >= 1 && el <= 3, index, "el is 1, 2 or 3");
    entry.el = (uint8_t)el;
    const struct {
        const char *name;
        bool *flag, otherwise;
    } flags[] = {
        {"secure", &entry.secure, state.secure},
        {"big_endian", &entry.big_endian, state.big_endian},
        {"aarch32", &entry.aarch32, state.aarch32},
        {"thumb", &entry.thumb, false},
    };
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        bool is_nil = lua_getfield(lua, index, flags[i].name) == LUA_TNIL;
        *flags[i].flag = is_nil ? flags[i].otherwise : lua_toboolean(lua, -1);
    }
    return entry;
}

/* el4.cpu_on(cpu, entry): true, or false and why */
static int cpu_on(lua_State *lua)
{
    const struct script *script = script_of(lua);
    must_be_in_call(lua, "cpu_on");
    unsigned cpu = check_cpu(lua, 1);
    const struct el4_power_entry entry = check_entry(lua, 2);
    int result = script->host->cpu_on(script->self, cpu, &entry);
    lua_pushboolean(lua, result == 0);
    lua_pushstring(lua, result == 0              ? "on"
                        : result == -EALREADY    ? "already-on"
                        : result == -EINPROGRESS ? "on-pending"
                                                 : "invalid");
    return 2;
}

static int cpu_off(lua_State *lua)
{
    must_be_in_call(lua, "cpu_off");
    script_of(lua)->requests.off = true;
    return 0;
}

/* el4.suspend([entry]) */
static int suspend(lua_State *lua)
{
    must_be_in_call(lua, "suspend");
    struct script_requests *requests = &script_of(lua)->requests;
    requests->has_entry = !lua_isnoneornil(lua, 1);
    if (requests->has_entry) {
        requests->entry = check_entry(lua, 1);
    }
    requests->suspend = true;
    return 0;
}

static int system_event(lua_State *lua)
{
    static const char *const words[] = {"off", "reset", "warm-reset", "crash", NULL};
    static const enum el4_system_event events[] = {EL4_SYSTEM_OFF, EL4_SYSTEM_RESET,
                                                   EL4_SYSTEM_WARM_RESET, EL4_SYSTEM_CRASH};
    must_be_in_call(lua, "system");
    struct script_requests *requests = &script_of(lua)->requests;
    requests->event = events[script_choice(lua, 1, "event", words)];
    requests->has_event = true;
    return 0;
}

void script_add_host_functions(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"claim", claim},
        {"is_claimed", is_claimed},
        {"log", say},
        {"now_ns", now_ns},
        {"wall_clock_s", wall_clock_s},
        {"random", random_bytes},
        {"read", read_memory},
        {"write", write_memory},
        {"is_ram", is_ram},
        {"cpu_count", cpu_count},
        {"mpidr", mpidr},
        {"cpu_power", cpu_power},
        {"cpu_on", cpu_on},
        {"cpu_off", cpu_off},
        {"suspend", suspend},
        {"system", system_event},
        {NULL, NULL},
    };
    luaL_setfuncs(lua, functions, 0);
    lua_pushcfunction(lua, say);
    lua_setglobal(lua, "print");
}
