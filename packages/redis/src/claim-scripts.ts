import type { RedisConnection } from './create-redis.ts';
import { defineScript } from './define-script.ts';

// An event's value is `<attempts>:<end of the lease, ms>:<token>` while somebody has or had it, or `D` when it is done; a lease that ended at 0 was released. One value holds
// claim and count, so that a claim is one read and one write, and a lease that ran out does not take the count with it. Time is the server's alone.
// The names come as one text, each with a line break behind it: as an argument each they cost both sides a third more. Most events of a call are in the same state, so what is read or written is
// looked at or put together once.
const COMMON = `
local call, find, sub, format = redis.call, string.find, string.sub, string.format
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local names, from = {}, 1
local to = find(ARGV[1], '\\n', from, true)
while to do
  names[#names + 1] = sub(ARGV[1], from, to - 1)
  from = to + 1
  to = find(ARGV[1], '\\n', from, true)
end
local states = call('MGET', unpack(names))
local lastState, lastAttempts, lastEnd, lastToken = false, 0, 0, ''
local function parse(state)
  if state == lastState then return lastAttempts, lastEnd, lastToken end
  local attempts, leaseEnd, token = string.match(state or '', '^(%d+):(%d+):(.*)$')
  lastState, lastAttempts, lastEnd, lastToken = state, tonumber(attempts or 0), tonumber(leaseEnd or 0), token or ''
  return lastAttempts, lastEnd, lastToken
end
local function put(name, attempts, leaseEnd, token, ttl)
  call('PSETEX', name, ttl, format('%.0f:%.0f:%s', attempts, leaseEnd, token))
end
local answers = {}
`;

/** 0: done; n: claimed, the nth attempt; -n: in work for n more milliseconds. Arguments: names, token, lease, time to live. */
const CLAIM = `${COMMON}
local ourEnd = now + ARGV[3]
local first = format('1:%.0f:%s', ourEnd, ARGV[2])
for i, name in ipairs(names) do
  local state = states[i]
  if not state then
    call('PSETEX', name, ARGV[4], first)
    answers[i] = 1
  elseif state == 'D' then answers[i] = 0 else
    local attempts, leaseEnd = parse(state)
    if leaseEnd > now then answers[i] = now - leaseEnd else
      put(name, attempts + 1, ourEnd, ARGV[2], ARGV[4])
      answers[i] = attempts + 1
    end
  end
end
return answers`;

/** 1: renewed; 0: no longer ours. Arguments: names, token, lease, time to live. */
const RENEW = `${COMMON}
for i, name in ipairs(names) do
  local attempts, leaseEnd, token = parse(states[i])
  answers[i] = 0
  if leaseEnd > now and token == ARGV[2] then
    put(name, attempts, now + ARGV[3], token, ARGV[4])
    answers[i] = 1
  end
end
return answers`;

// A claim of somebody else stays: its owner will find the event in Postgres. No claim (run out, flushed) is as good as ours, the commit has happened.
/** Arguments: names, token, time to live. */
const CONFIRM = `${COMMON}
for i, name in ipairs(names) do
  local attempts, leaseEnd, token = parse(states[i])
  if leaseEnd <= now or token == ARGV[2] then call('PSETEX', name, ARGV[3], 'D') end
end
return answers`;

/** Arguments: names, token, fate of the attempt, time to live. */
const RELEASE = `${COMMON}
for i, name in ipairs(names) do
  local attempts, leaseEnd, token = parse(states[i])
  if leaseEnd > 0 and token == ARGV[2] then
    if ARGV[3] == 'taken-back' then attempts = attempts - 1 end
    if ARGV[3] == 'forgotten' then attempts = 0 end
    if attempts > 0 then put(name, attempts, 0, '', ARGV[4]) else call('DEL', name) end
  end
end
return answers`;

/** Arguments: names, time to live. */
const FORGET = `${COMMON}
for i, name in ipairs(names) do
  local attempts, leaseEnd, token = parse(states[i])
  if attempts > 0 then
    if leaseEnd > now then put(name, 0, leaseEnd, token, ARGV[2]) else call('DEL', name) end
  end
end
return answers`;

/** The scripts; the names that a call is about are its first argument, see above. */
export function defineClaimScripts({ client }: RedisConnection) {
  return {
    claim: defineScript<number[]>(client, 'claimEvents', { keys: 0, lua: CLAIM }),
    renew: defineScript<number[]>(client, 'renewClaims', { keys: 0, lua: RENEW }),
    confirm: defineScript<number[]>(client, 'confirmClaims', { keys: 0, lua: CONFIRM }),
    release: defineScript<number[]>(client, 'releaseClaims', { keys: 0, lua: RELEASE }),
    forget: defineScript<number[]>(client, 'forgetAttempts', { keys: 0, lua: FORGET }),
  };
}
