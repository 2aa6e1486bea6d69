import { MEMBER_STALE_AFTER_MS, type MemberFigures, type QueueMembers } from '@throughline/messaging';
import type { RedisConnection } from './create-redis.ts';
import { defineScript } from './define-script.ts';

export interface QueueMembersOptions {
  readonly redis: RedisConnection;
  /** Of its keys: `<prefix>:{<group>}:members` and `:dead-letters`. Whoever shows a queue has no database, so no incarnation stands in them. (Default: `queue`) */
  readonly prefix?: string;
  /** (Default: 15 000) */
  readonly staleAfterMs?: number;
}

const DEAD_LETTERS_TTL_MS = 24 * 60 * 60 * 1_000;

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** One hash a group: member → time, in flight, finished ahead. By Redis' own clock, so that those of hosts need not agree. */
const TELL = `${NOW}
redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[2] .. ' ' .. ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`;

const MEMBERS = `${NOW}
local alive = {}
local entries = redis.call('HGETALL', KEYS[1])
for index = 1, #entries, 2 do
  local at, figures = string.match(entries[index + 1], '^(%d+) (.*)$')
  if now - tonumber(at) < tonumber(ARGV[1]) then
    alive[#alive + 1] = figures
  else
    redis.call('HDEL', KEYS[1], entries[index])
  end
end
return alive`;

/** What members of groups told, in Redis. Nothing is lost with it: where it does not answer, figures are not known. */
export function createQueueMembers(options: QueueMembersOptions): QueueMembers {
  const { redis, prefix = 'queue', staleAfterMs = MEMBER_STALE_AFTER_MS } = options;
  const { client } = redis;
  const tell = defineScript<number>(client, 'tellQueueMember', { keys: 1, lua: TELL });
  const members = defineScript<string[]>(client, 'readQueueMembers', { keys: 1, lua: MEMBERS });
  const membersKey = (group: string) => `${prefix}:{${group}}:members`;
  const deadLettersKey = (group: string) => `${prefix}:{${group}}:dead-letters`;
  return {
    tell: async (group, memberId, { inFlight, finishedAhead = 0 }) =>
      ignoringFailure(tell(membersKey(group), memberId, inFlight, finishedAhead, staleAfterMs)),
    leave: async (group, memberId) => ignoringFailure(client.hdel(membersKey(group), memberId)),
    members: async (group) => (await unlessAway(members(membersKey(group), staleAfterMs)))?.map(readFigures),
    tellDeadLetters: async (group, count) => ignoringFailure(client.set(deadLettersKey(group), count, 'PX', DEAD_LETTERS_TTL_MS)),
    deadLetters: async (group) => {
      const count = await unlessAway(client.get(deadLettersKey(group)));
      return count === null || count === undefined ? undefined : Number(count);
    },
  };
}

function readFigures(text: string): MemberFigures {
  const [inFlight, finishedAhead] = text.split(' ').map(Number);
  return { inFlight: inFlight ?? 0, finishedAhead: finishedAhead ?? 0 };
}

/** The connection has logged that Redis is away. */
async function unlessAway<Result>(answer: Promise<Result>): Promise<Result | undefined> {
  return answer.catch(() => undefined);
}

async function ignoringFailure(answer: Promise<unknown>): Promise<void> {
  await unlessAway(answer);
}
