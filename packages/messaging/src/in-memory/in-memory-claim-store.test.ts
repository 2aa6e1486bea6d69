import { claimStoreSuite } from '@throughline/testing';
import { ClaimMemory, createInMemoryClaimStore } from './in-memory-claim-store.ts';

describe('the claim store in memory', () => {
  const memory = new ClaimMemory();
  claimStoreSuite({ createStore: ({ leaseMs }) => createInMemoryClaimStore({ leaseMs, memory }) });

  it('takes an attempt back, or forgets them all, when it is told to', async () => {
    const store = createInMemoryClaimStore();
    const key = { group: 'g', source: 's', id: 'fates' };
    const attempt = async (fate: 'counted' | 'taken-back' | 'forgotten') => {
      const [claim] = await store.claim([key]);
      if (claim?.outcome !== 'claimed') throw new Error(claim?.outcome);
      await store.release([{ key, token: claim.token }], fate);
      return claim.attempt;
    };
    expect([await attempt('counted'), await attempt('taken-back'), await attempt('forgotten'), await attempt('counted')]).toEqual(
      [1, 2, 2, 1],
    );
  });
});
