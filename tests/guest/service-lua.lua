-- SPDX-License-Identifier: MIT
-- What service-lua.c calls: answers, a mistake, guest memory, and CPU_ON.
el4.claim{first = 0xc2000000, last = 0xc20000ff, name = "vendor"}
el4.claim{first = 0xc4000003, name = "CPU_ON", conduits = {"hvc"}, starts_cpus = true}

local calls = 0

function call(c)
  calls = calls + 1
  if c.id == 0xc4000003 then
    local cpu = c.args[1] & 0xff
    if cpu >= el4.cpu_count() then return -2 end
    local started, why = el4.cpu_on(cpu, {pc = c.args[2], context_id = c.args[3]})
    if started then return 0 end
    return why == "already-on" and -4 or why == "on-pending" and -5 or -9
  elseif c.id == 0xc2000000 then
    return 42
  elseif c.id == 0xc2000001 then
    return 0, calls, nil, c.args[3] + 1
  elseif c.id == 0xc2000002 then
    return c.args.nothing.there
  elseif c.id == 0xc2000003 then
    return string.unpack("<I8", el4.read(c.args[1], 8))
  elseif c.id == 0xc2000004 then
    return "trap"
  end
end
