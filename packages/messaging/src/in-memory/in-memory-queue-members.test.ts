import { queueMembersSuite } from '@throughline/testing';
import { createInMemoryQueueMembers } from './in-memory-queue-members.ts';

describe('queue members in memory', () => {
  const stores = new Map<number, ReturnType<typeof createInMemoryQueueMembers>>();
  // What tells one time apart from another is all that two of them do not share.
  queueMembersSuite({
    createMembers: ({ staleAfterMs }) => {
      const store = stores.get(staleAfterMs) ?? createInMemoryQueueMembers({ staleAfterMs });
      stores.set(staleAfterMs, store);
      return store;
    },
  });
});
