import type { RedisConnection } from './create-redis.ts';
import { defineScript } from './define-script.ts';

// An event's value is `<attempts>:<end of the lease, ms>:<token>` while somebody has or had it, or `D` when it is done; a lease that ended at 0 was released. One value holds
// claim and count, so that a claim is one read and one write, and a lease that ran out does not take the count with it. Time is the server's alone.
const COMMON = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local states = redis.call('MGET', unpack(KEYS))
local function parse(state)
  if not state then return 0, 0, '' end
  local attempts, leaseEnd, token = string.match(state, '^(%d+):(%d+):(.*)$')
  if not attempts then return 0, 0, '' end
  return tonumber(attempts), tonumber(leaseEnd), token
end
local function put(key, attempts, leaseEnd, token, ttl)
  redis.call('SET', key, string.format('%.0f:%.0f:%s', attempts, leaseEnd, token), 'PX', ttl)
end
local answers = {}
`;

/** 0: done; n: claimed, the nth attempt; -n: in work for n more milliseconds. */
const CLAIM = `${COMMON}
for i, key in ipairs(KEYS) do
  local state = states[i]
  if state == 'D' then answers[i] = 0 else
    local attempts, leaseEnd = parse(state)
    if leaseEnd > now then answers[i] = now - leaseEnd else
      put(key, attempts + 1, now + ARGV[2], ARGV[1], ARGV[3])
      answers[i] = attempts + 1
    end
  end
end
return answers`;

/** 1: renewed; 0: no longer ours. */
const RENEW = `${COMMON}
for i, key in ipairs(KEYS) do
  local attempts, leaseEnd, token = parse(states[i])
  answers[i] = 0
  if leaseEnd > now and token == ARGV[2 + i] then
    put(key, attempts, now + ARGV[1], token, ARGV[2])
    answers[i] = 1
  end
end
return answers`;

// A claim of somebody else stays: its owner will find the event in Postgres. No claim (run out, flushed) is as good as ours, the commit has happened.
const CONFIRM = `${COMMON}
for i, key in ipairs(KEYS) do
  local attempts, leaseEnd, token = parse(states[i])
  if leaseEnd <= now or token == ARGV[1 + i] then redis.call('SET', key, 'D', 'PX', ARGV[1]) end
end
return answers`;

const RELEASE = `${COMMON}
for i, key in ipairs(KEYS) do
  local attempts, leaseEnd, token = parse(states[i])
  if leaseEnd > 0 and token == ARGV[2 + i] then
    if ARGV[1] == 'taken-back' then attempts = attempts - 1 end
    if ARGV[1] == 'forgotten' then attempts = 0 end
    if attempts > 0 then put(key, attempts, 0, '', ARGV[2]) else redis.call('DEL', key) end
  end
end
return answers`;

const FORGET = `${COMMON}
for i, key in ipairs(KEYS) do
  local attempts, leaseEnd, token = parse(states[i])
  if attempts > 0 then
    if leaseEnd > now then put(key, 0, leaseEnd, token, ARGV[1]) else redis.call('DEL', key) end
  end
end
return answers`;

/** The scripts, each with as many keys as it is called with: their number, the keys, the arguments. */
export function defineClaimScripts({ client }: RedisConnection) {
  return {
    claim: defineScript<number[]>(client, 'claimEvents', { lua: CLAIM }),
    renew: defineScript<number[]>(client, 'renewClaims', { lua: RENEW }),
    confirm: defineScript<number[]>(client, 'confirmClaims', { lua: CONFIRM }),
    release: defineScript<number[]>(client, 'releaseClaims', { lua: RELEASE }),
    forget: defineScript<number[]>(client, 'forgetAttempts', { lua: FORGET }),
  };
}
