import { type Clock, systemClock } from '../clock.ts';
import { MEMBER_STALE_AFTER_MS, type MemberFigures, type QueueMembers } from '../queue/queue-members.ts';

export interface InMemoryQueueMembersOptions {
  readonly clock?: Pick<Clock, 'nowMs'>;
  /** (Default: 15 000) */
  readonly staleAfterMs?: number;
}

/** For tests, with a switch. */
export interface InMemoryQueueMembers extends QueueMembers {
  /** While false nothing is known, and what is told is lost. */
  isAvailable: boolean;
}

/** Same semantics as the one in Redis, in this process. Dead letters stand for ever. */
export function createInMemoryQueueMembers(options: InMemoryQueueMembersOptions = {}): InMemoryQueueMembers {
  const { clock = systemClock, staleAfterMs = MEMBER_STALE_AFTER_MS } = options;
  const told = new Map<string, Map<string, { readonly figures: MemberFigures; readonly atMs: number }>>();
  const deadLetters = new Map<string, number>();
  const store: InMemoryQueueMembers = {
    isAvailable: true,
    tell: async (group, memberId, figures) => {
      if (!store.isAvailable) return;
      const ofGroup = told.get(group) ?? new Map();
      told.set(group, ofGroup.set(memberId, { figures, atMs: clock.nowMs() }));
    },
    leave: async (group, memberId) => {
      if (store.isAvailable) told.get(group)?.delete(memberId);
    },
    members: async (group) => {
      if (!store.isAvailable) return undefined;
      const ofGroup = [...(told.get(group)?.values() ?? [])];
      return ofGroup.filter(({ atMs }) => clock.nowMs() - atMs < staleAfterMs).map(({ figures }) => figures);
    },
    tellDeadLetters: async (group, count) => {
      if (store.isAvailable) deadLetters.set(group, count);
    },
    deadLetters: async (group) => (store.isAvailable ? deadLetters.get(group) : undefined),
  };
  return store;
}
