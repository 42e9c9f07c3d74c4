-- The second part of the library: putting counters back after a loss, and comparing them with the books.

-- Head: ping, organization, source, made, expires, quotes as in reserve. Then: ping facts, the facts of each quote.
-- Puts unsettled quotes back after a loss, with no check: they were promised. Quotes that are here already stay as they are.
local function load_quotes(keys, args)
  local head, prefix = cmsgpack.unpack(args[1]), prefix_of(keys)
  local counters, accounts = {}, {}
  if call('EXISTS', prefix .. 'p:' .. head[1]) == 1 then return 0 end
  for _, quote in ipairs(head[6]) do
    for i = 1, #quote[4], 5 do
      take(counter_of(prefix, counters, quote[4][i], head[3]), quote[2], quote[4][i + 1], quote[4][i + 3])
    end
    local account = account_of(prefix, accounts, quote[2])
    account.held = account.held + quote[3]
  end
  write_counters(prefix, counters, head[3])
  write_accounts(prefix, accounts)
  write_quotes(prefix, head[1], head[2], head[3], args[2], head[6], args, 3, head[4], head[5], math.max(head[5], now_ms() + CLAIM))
  return 1
end

-- Sums what the living holds of an account hold: in all, and by counter and source; how many are claimed, and which they are.
local function held_by(prefix, account)
  local total, claimed, counters, quotes = 0, 0, {}, {}
  for _, quote in ipairs(call('ZRANGE', prefix .. 'due', 0, -1)) do
    local v = call('HMGET', prefix .. 'q:' .. quote, 'a', 'm', 'k', 's', 'c')
    if v[1] == account then
      quotes[#quotes + 1] = quote
      total = total + tonumber(v[2])
      if v[5] then claimed = claimed + 1 end
      for name, amount in string.gmatch(v[3], '(%S+) (%S+)') do
        local c = counters[name] or { h = 0 }
        c.h = c.h + tonumber(amount)
        c['a:' .. v[4]] = (c['a:' .. v[4]] or 0) + tonumber(amount)
        c['n:' .. v[4]] = (c['n:' .. v[4]] or 0) + 1
        counters[name] = c
      end
    end
  end
  return total, claimed, counters, quotes
end

-- Head: account, milliseconds. Refuses new quotes of the account so long (0 lets it go on).
-- Gives moves, the number of claimed holds, and every living quote.
local function freeze(keys, args)
  local head, prefix = cmsgpack.unpack(args[1]), prefix_of(keys)
  local key = prefix .. 'a:' .. head[1]
  call('HSET', key, 'frozen', whole(now_ms() + head[2]))
  local _, claimed, _, quotes = held_by(prefix, head[1])
  return { tonumber(call('HGET', key, 'moves') or 0), claimed, quotes }
end

local function put(differences, key, name, field, value)
  local old = tonumber(call('HGET', key, field) or 0)
  if old ~= value then
    differences[#differences + 1] = { name, field, old, value }
    call('HSET', key, field, whole(value))
  end
end

local function correct_counter(differences, prefix, account, name, spent, expires, held)
  local key = prefix .. 'c:' .. name
  local fields = call('HKEYS', key)
  if #fields == 0 and spent == 0 and held.h == 0 then return end
  put(differences, key, name, 's', spent)
  for field, value in pairs(held) do put(differences, key, name, field, value) end
  for _, field in ipairs(fields) do
    if not held[field] and field ~= 's' and field ~= 'o' then
      put(differences, key, name, field, 0)
      call('HDEL', key, field)
    end
  end
  call('HSET', key, 'o', account)
  if expires > 0 then call('PEXPIREAT', key, whole(expires + HOUR)) end
end

-- Head: account, moves as freeze gave them, credit, version, spent, counters {counter, spent, window end or 0, ...}.
-- Writes the sums of PostgreSQL and of the living holds; false when a quote of the account moved in between.
local function correct(keys, args)
  local head, prefix = cmsgpack.unpack(args[1]), prefix_of(keys)
  local key, differences = prefix .. 'a:' .. head[1], {}
  local total, claimed, held = held_by(prefix, head[1])
  if claimed > 0 or tonumber(call('HGET', key, 'moves') or 0) ~= head[2] then return false end
  put(differences, key, head[1], 'credit', head[3])
  call('HSET', key, 'version', whole(head[4]))
  put(differences, key, head[1], 'spent', head[5])
  put(differences, key, head[1], 'held', total)
  for i = 1, #head[6], 3 do
    local name = head[6][i]
    correct_counter(differences, prefix, head[1], name, head[6][i + 1], head[6][i + 2], held[name] or { h = 0 })
  end
  return differences
end

-- Head: sources. Counts the open quotes of each from the living holds and writes what differs.
local function correct_sources(keys, args)
  local sources, prefix, open, differences = cmsgpack.unpack(args[1]), prefix_of(keys), {}, {}
  for _, quote in ipairs(call('ZRANGE', prefix .. 'due', 0, -1)) do
    local source = call('HGET', prefix .. 'q:' .. quote, 's')
    if source then open[source] = (open[source] or 0) + 1 end
  end
  for _, source in ipairs(sources) do
    put(differences, prefix .. 's:' .. source, source, 'open', open[source] or 0)
  end
  return differences
end

redis.register_function('lw_load_quotes', load_quotes)
redis.register_function('lw_freeze', freeze)
redis.register_function('lw_correct', correct)
redis.register_function('lw_correct_sources', correct_sources)
