#!lua name=leadwright
-- The counters of one market: caps, budgets, balances, holds, quotes and the journal's stream, each call one atomic step.
--
-- KEYS[1] is the stream of the market, "{live}:stream"; every other key shares its hash tag, so all keys live in one slot.
-- ARGV[1] is a MessagePack array without binary parts; what is opaque (facts, records, answers) follows as plain arguments.
--
--   epoch        text; absent until the counters are complete      journal_up   present while the journal reaches PostgreSQL
--   stream       finished journal records
--   due          zset: quote -> release_at                         c:<counter>  hash: s spent, h held, o account, a:/n:<source>
--   a:<account>  hash: credit version spent held frozen moves      s:<source>   hash: open ended posted
--   p:<ping>     hash: o organization, f facts, n made, e expires, q quotes, <quote> its facts (short-lived)
--   q:<quote>    hash: p ping, o organization, s source, a account, m amount, k holds, c claimed (lives until settled)
--   i:<organization>:<key>  hash: f fingerprint, a answer, p ping, n made, e expires
--   d:<contact>  hash: owner -> sold_at                            x:<contact>  set: owners that want no lead of it

local HOUR = 3600000
local CLAIM = 15000      -- a claimed quote is kept at least so long: three times the post's transaction_timeout
local LINGER = 60000     -- the ping's facts outlive its quotes so long, for repeats that come late
local SHORT = 15000      -- lifetime of a quote of a source that hardly posts
local ENDED_MIN = 50     -- quotes a source must have behind it before its habits are judged
local ENDED_MAX = 1000   -- then both numbers are halved, so that habits can change

local function call(...) return redis.call(...) end

local function now_ms()
  local t = call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function whole(value) return string.format('%.0f', value) end

local function prefix_of(keys) return string.sub(keys[1], 1, -7) end

local function not_ready(prefix, stream, stream_max)
  local found = call('MGET', prefix .. 'epoch', prefix .. 'journal_up')
  if not found[1] then return redis.error_reply('NOT_READY the counters have no epoch') end
  if not found[2] then return redis.error_reply('JOURNAL_AWAY the journal has not reached PostgreSQL for a while') end
  if call('XLEN', stream) > stream_max then return redis.error_reply('STREAM_FULL the journal is too far behind') end
  return nil
end

-- Who bought each contact and who suppresses it, or nil where nothing is known of any: so it is with nearly every ping.
local function known_of(prefix, contacts)
  local keys = {}
  for n, contact in ipairs(contacts) do
    keys[2 * n - 1], keys[2 * n] = prefix .. 'd:' .. contact, prefix .. 'x:' .. contact
  end
  if #keys == 0 or call('EXISTS', unpack(keys)) == 0 then return nil end
  local known = {}
  for n = 1, #contacts do
    known[n] = { call('HGETALL', keys[2 * n - 1]), call('SMEMBERS', keys[2 * n]) }
  end
  return known
end

local function stored_answer(key)
  local s = call('HMGET', key, 'f', 'a', 'p', 'n', 'e')
  if not s[1] then return nil end
  return { s[1], s[2], s[3], tonumber(s[4]), tonumber(s[5]) }
end

local function keep_answer(key, fingerprint, answer, ping, now, expires)
  call('HSET', key, 'f', fingerprint, 'a', answer, 'p', ping, 'n', whole(now), 'e', whole(expires))
  call('PEXPIREAT', key, whole(expires))
end

-- Counters and accounts are read once a call and kept here, so that two quotes of one call see each other's holds.
local function counter_of(prefix, seen, name, source)
  local c = seen[name]
  if not c then
    local v = call('HMGET', prefix .. 'c:' .. name, 's', 'h', 'a:' .. source, 'n:' .. source)
    c = { fresh = not v[2], spent = tonumber(v[1] or 0), held = tonumber(v[2] or 0),
          amount = tonumber(v[3] or 0), number = tonumber(v[4] or 0), expires = 0 }
    seen[name] = c
  end
  return c
end

local function account_of(prefix, seen, account)
  local a = seen[account]
  if not a then
    local v = call('HMGET', prefix .. 'a:' .. account, 'credit', 'spent', 'held', 'frozen')
    a = { credit = tonumber(v[1] or 0), spent = tonumber(v[2] or 0), held = tonumber(v[3] or 0), frozen = tonumber(v[4] or 0) }
    seen[account] = a
  end
  return a
end

local function take(c, account, amount, expires)
  c.account = account
  c.held = c.held + amount
  c.amount = c.amount + amount
  c.number = c.number + 1
  if expires > c.expires then c.expires = expires end
end

-- A source may hold 20 % of a limit, or three quotes where that is more.
local function beyond_share(c, amount, limit)
  return c.number + 1 > 3 and (c.amount + amount) * 5 > limit
end

local function refuse_quote(prefix, counters, accounts, source, quote, now)
  local account = account_of(prefix, accounts, quote[2])
  if account.frozen > now then return 'paused', quote[2] end
  local holds = quote[4]
  for i = 1, #holds, 5 do
    local amount, limit = holds[i + 1], holds[i + 2]
    local c = counter_of(prefix, counters, holds[i], source)
    if c.spent + c.held + amount > limit then return holds[i + 4], holds[i] end
    if beyond_share(c, amount, limit) then return 'open_quotes', holds[i] end
    take(c, quote[2], amount, holds[i + 3])
  end
  if account.credit - account.spent - account.held < quote[3] then return 'insufficient_balance', quote[2] end
  account.held = account.held + quote[3]
  return nil
end

local function write_counters(prefix, counters, source)
  for name, c in pairs(counters) do
    local key = prefix .. 'c:' .. name
    call('HSET', key, 's', whole(c.spent), 'h', whole(c.held), 'a:' .. source, whole(c.amount), 'n:' .. source, c.number)
    if c.fresh then
      call('HSET', key, 'o', c.account)
      call('PEXPIREAT', key, whole(c.expires + HOUR))
    end
  end
end

local function write_accounts(prefix, accounts)
  for account, a in pairs(accounts) do call('HSET', prefix .. 'a:' .. account, 'held', whole(a.held)) end
end

local function hold_text(holds)
  local parts = {}
  for i = 1, #holds, 5 do parts[#parts + 1] = holds[i] .. ' ' .. whole(holds[i + 1]) end
  return table.concat(parts, ' ')
end

-- Writes the quotes of a ping; release_at may lie behind expires when quotes are loaded again after a loss.
local function write_quotes(prefix, ping, organization, source, ping_facts, quotes, args, first, now, expires, release_at)
  local fields, ids = { 'o', organization, 'f', ping_facts, 'n', whole(now), 'e', whole(expires) }, {}
  for n, quote in ipairs(quotes) do
    call('HSET', prefix .. 'q:' .. quote[1], 'p', ping, 'o', organization, 's', source,
         'a', quote[2], 'm', whole(quote[3]), 'k', hold_text(quote[4]))
    call('ZADD', prefix .. 'due', whole(release_at), quote[1])
    ids[n] = quote[1]
    fields[#fields + 1] = quote[1]
    fields[#fields + 1] = args[first + n - 1]
  end
  fields[#fields + 1] = 'q'
  fields[#fields + 1] = table.concat(ids)
  local key = prefix .. 'p:' .. ping
  call('HSET', key, unpack(fields))
  call('PEXPIREAT', key, whole(release_at + LINGER))
  call('HINCRBY', prefix .. 's:' .. source, 'open', #quotes)
end

-- The finished record with what only this call knows, and the facts of its quotes: enough to put them back after a loss.
local function journal(stream, ping, kind, record, now, expires, args, first)
  local fields = { 'id', ping, 'kind', kind, 'at', whole(now), 'until', whole(expires), 'record', record }
  for i = first, #args do
    fields[#fields + 1] = 'q' .. (i - first)
    fields[#fields + 1] = args[i]
  end
  call('XADD', stream, '*', unpack(fields))
end

-- Head: ping, organization, source, lifetime, open_quotes_max, stream_max, idempotency key or "",
--       quotes {quote, account, amount, {counter, amount, limit, window end, reason, ...}},
--       contacts nobody may know: where somebody does, the answer says what, and nothing is held.
-- Then: ping facts, record, fingerprint, answer, the facts of each quote.
local function reserve(keys, args)
  local head, prefix = cmsgpack.unpack(args[1]), prefix_of(keys)
  local ping, organization, source, quotes = head[1], head[2], head[3], head[8]
  local failure = not_ready(prefix, keys[1], head[6])
  if failure then return failure end
  local now, idempotency = now_ms(), prefix .. 'i:' .. organization .. ':' .. head[7]
  if head[7] ~= '' then
    local stored = stored_answer(idempotency)
    if stored then return { 'replayed', now, stored } end
  end
  -- The client repeats a call whose answer got lost: the first one counts.
  local made = call('HMGET', prefix .. 'p:' .. ping, 'n', 'e')
  if made[1] then return { 'reserved', tonumber(made[1]), tonumber(made[2]) } end
  local known = known_of(prefix, head[9])
  if known then return { 'known', now, known } end
  local habits = call('HMGET', prefix .. 's:' .. source, 'open', 'ended', 'posted')
  if tonumber(habits[1] or 0) + #quotes > head[5] then return { 'refused', now, -1, 'open_quotes', source } end
  local ended, lifetime = tonumber(habits[2] or 0), head[4]
  if ended >= ENDED_MIN and tonumber(habits[3] or 0) * 20 < ended and lifetime > SHORT then lifetime = SHORT end
  local counters, accounts = {}, {}
  for n, quote in ipairs(quotes) do
    local reason, key = refuse_quote(prefix, counters, accounts, source, quote, now)
    if reason then return { 'refused', now, n - 1, reason, key } end
  end
  local expires = now + lifetime
  write_counters(prefix, counters, source)
  write_accounts(prefix, accounts)
  write_quotes(prefix, ping, organization, source, args[2], quotes, args, 6, now, expires, expires)
  journal(keys[1], ping, 'quoted', args[3], now, expires, args, 6)
  if head[7] ~= '' then keep_answer(idempotency, args[4], args[5], ping, now, expires) end
  return { 'reserved', now, expires }
end

-- Head: ping, organization, stream_max, lifetime, idempotency key or "", contacts as above. Then: record, fingerprint, answer.
local function no_bid(keys, args)
  local head, prefix = cmsgpack.unpack(args[1]), prefix_of(keys)
  local failure = not_ready(prefix, keys[1], head[3])
  if failure then return failure end
  local now, idempotency = now_ms(), prefix .. 'i:' .. head[2] .. ':' .. head[5]
  if head[5] ~= '' then
    local stored = stored_answer(idempotency)
    if stored then return { 'replayed', now, stored } end
  end
  local known = known_of(prefix, head[6])
  if known then return { 'known', now, known } end
  if head[5] ~= '' then keep_answer(idempotency, args[3], args[4], head[1], now, now + head[4]) end
  journal(keys[1], head[1], 'no_bid', args[2], now, now, args, 5)
  return { 'reserved', now, now }
end

-- Head: contacts. Gives the clock and what is known of them.
local function facts(keys, args)
  local prefix = prefix_of(keys)
  if not call('GET', prefix .. 'epoch') then return redis.error_reply('NOT_READY the counters have no epoch') end
  return { now_ms(), known_of(prefix, cmsgpack.unpack(args[1])) or {} }
end

-- Moves each counter and the account of a hold, exactly as the hold names them; counters past their time are gone for good.
local function move_counters(prefix, source, text, captured)
  for name, amount_text in string.gmatch(text, '(%S+) (%S+)') do
    local key, amount = prefix .. 'c:' .. name, tonumber(amount_text)
    local v = call('HMGET', key, 's', 'h', 'a:' .. source, 'n:' .. source)
    if v[2] then
      call('HSET', key, 's', whole(tonumber(v[1] or 0) + (captured and amount or 0)), 'h', whole(tonumber(v[2]) - amount))
      local number = tonumber(v[4] or 0) - 1
      if number <= 0 then
        call('HDEL', key, 'a:' .. source, 'n:' .. source)
      else
        call('HSET', key, 'a:' .. source, whole(tonumber(v[3] or 0) - amount), 'n:' .. source, number)
      end
    end
  end
end

local function move_account(prefix, account, amount, captured)
  local key = prefix .. 'a:' .. account
  local v = call('HMGET', key, 'spent', 'held', 'moves')
  call('HSET', key, 'spent', whole(tonumber(v[1] or 0) + (captured and amount or 0)),
       'held', whole(tonumber(v[2] or 0) - amount), 'moves', whole(tonumber(v[3] or 0) + 1))
end

local function note_habits(prefix, source, captured)
  local key = prefix .. 's:' .. source
  local v = call('HMGET', key, 'open', 'ended', 'posted')
  local ended, posted = tonumber(v[2] or 0) + 1, tonumber(v[3] or 0) + (captured and 1 or 0)
  if ended >= ENDED_MAX then ended, posted = math.floor(ended / 2), math.floor(posted / 2) end
  call('HSET', key, 'open', tonumber(v[1] or 0) - 1, 'ended', ended, 'posted', posted)
end

local function remember(prefix, seen, now)
  for i = 1, #seen, 3 do
    local key, until_ms = prefix .. 'd:' .. seen[i], now + seen[i + 2]
    call('HSET', key, seen[i + 1], whole(now))
    if call('PEXPIRETIME', key) < until_ms then call('PEXPIREAT', key, whole(until_ms)) end
  end
end

-- Head: quote, captured (boolean), seen {contact, owner, keep_ms, ...}. Gives 1, or 0 when the hold was gone.
local function settle(keys, args)
  local head, prefix = cmsgpack.unpack(args[1]), prefix_of(keys)
  local quote, captured = head[1], head[2]
  if captured then remember(prefix, head[3], now_ms()) end
  local key = prefix .. 'q:' .. quote
  local v = call('HMGET', key, 's', 'a', 'm', 'k')
  if not v[1] then return 0 end
  move_counters(prefix, v[1], v[4], captured)
  move_account(prefix, v[2], tonumber(v[3]), captured)
  note_habits(prefix, v[1], captured)
  call('DEL', key)
  call('ZREM', prefix .. 'due', quote)
  return 1
end

local function claim_quote(prefix, quote, now, expires)
  local key = prefix .. 'q:' .. quote
  local v = call('HMGET', key, 'a', 'c')
  if not v[1] or now >= expires then return 0 end
  if not v[2] then
    call('HSET', key, 'c', 1)
    call('HINCRBY', prefix .. 'a:' .. v[1], 'moves', 1)
  end
  call('ZADD', prefix .. 'due', 'XX', whole(math.max(expires, now + CLAIM)), quote)
  return 1
end

-- Head: ping, organization, quotes wanted ({} for all). Gives false where the ping is unknown or somebody else's.
local function claim(keys, args)
  local head, prefix = cmsgpack.unpack(args[1]), prefix_of(keys)
  if call('EXISTS', prefix .. 'epoch') == 0 then return redis.error_reply('NOT_READY the counters have no epoch') end
  local key = prefix .. 'p:' .. head[1]
  local v = call('HMGET', key, 'o', 'f', 'e', 'q')
  if v[1] ~= head[2] then return false end
  local now, expires, wanted, quotes = now_ms(), tonumber(v[3]), {}, {}
  for _, quote in ipairs(head[3]) do wanted[quote] = true end
  for quote in string.gmatch(v[4], string.rep('%x', 32)) do
    if #head[3] == 0 or wanted[quote] then
      quotes[#quotes + 1] = { quote, claim_quote(prefix, quote, now, expires), call('HGET', key, quote) }
    end
  end
  return { now, expires, v[2], quotes }
end

-- ARGV[1]: at most how many. Gives {quote, ping, organization} whose release_at has passed, oldest first.
local function due(keys, args)
  local prefix, found = prefix_of(keys), {}
  for n, quote in ipairs(call('ZRANGEBYSCORE', prefix .. 'due', '-inf', whole(now_ms()), 'LIMIT', 0, args[1])) do
    local v = call('HMGET', prefix .. 'q:' .. quote, 'p', 'o')
    found[n] = { quote, v[1], v[2] }
  end
  return found
end

-- Head: account, credit, version, whether what is spent and held must stay covered.
-- Gives 1 when written, 0 when a version as new was already there, -1 when the open quotes need the money.
local function set_credit(keys, args)
  local head = cmsgpack.unpack(args[1])
  local key = prefix_of(keys) .. 'a:' .. head[1]
  local v = call('HMGET', key, 'version', 'spent', 'held')
  if tonumber(v[1] or -1) >= head[3] then return 0 end
  if head[4] and head[2] < tonumber(v[2] or 0) + tonumber(v[3] or 0) then return -1 end
  call('HSET', key, 'credit', whole(head[2]), 'version', whole(head[3]))
  return 1
end

redis.register_function('lw_reserve', reserve)
redis.register_function('lw_no_bid', no_bid)
redis.register_function('lw_facts', facts)
redis.register_function('lw_settle', settle)
redis.register_function('lw_claim', claim)
redis.register_function('lw_due', due)
redis.register_function('lw_set_credit', set_credit)
