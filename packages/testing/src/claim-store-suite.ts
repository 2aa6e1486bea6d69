import type { ClaimResult, ClaimStore, DedupKey } from '@throughline/messaging';
import { testPrefix } from './test-prefix.ts';
import { waitFor } from './wait-for.ts';

/** What the suite needs of an implementation. */
export interface ClaimStoreSuite {
  /** A store with a lease of `leaseMs`; stores of one suite see each other's claims. */
  readonly createStore: (options: { readonly leaseMs: number }) => ClaimStore | Promise<ClaimStore>;
}

/** What every ClaimStore promises. Call it inside a `describe`; it makes the tests. */
export function claimStoreSuite({ createStore }: ClaimStoreSuite): void {
  const newKey = (): DedupKey => ({ group: 'a.group', source: 'A:SOURCE', id: testPrefix('event') });
  const claimed = (result: ClaimResult) => {
    if (result.outcome !== 'claimed') throw new Error(`expected a claim, got ${result.outcome}`);
    return result;
  };

  it('gives an event to one of many who claim it at once', async () => {
    const stores = await Promise.all([createStore({ leaseMs: 10_000 }), createStore({ leaseMs: 10_000 })]);
    const key = newKey();
    const results = await Promise.all(Array.from({ length: 20 }, (_, index) => stores[index % 2]?.claim(key)));
    expect(results.filter((result) => result?.outcome === 'claimed')).toEqual([
      { outcome: 'claimed', token: expect.any(String), attempt: 1 },
    ]);
    const refused = results.filter((result) => result?.outcome === 'in-work');
    expect(refused).toHaveLength(19);
    for (const result of refused) {
      if (result?.outcome !== 'in-work') continue;
      expect(result.retryAfterMs).toBeGreaterThan(0);
      expect(result.retryAfterMs).toBeLessThanOrEqual(10_000);
    }
  });

  it('says done after the confirmation', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    const key = newKey();
    await store.confirm(key, claimed(await store.claim(key)).token);
    expect(await store.claim(key)).toEqual({ outcome: 'done' });
  });

  it('confirms without a claim that is left: the commit has happened', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    const key = newKey();
    await store.confirm(key, 'a-token-of-before-the-flush');
    expect(await store.claim(key)).toEqual({ outcome: 'done' });
  });

  it('gives it again at once after a release, as the next attempt', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    const key = newKey();
    for (const attempt of [1, 2, 3]) {
      const claim = claimed(await store.claim(key));
      expect(claim.attempt).toBe(attempt);
      await store.release(key, claim.token);
    }
  });

  it('gives it again when the lease is over, as the next attempt, with another token', async () => {
    const store = await createStore({ leaseMs: 60 });
    const key = newKey();
    const first = claimed(await store.claim(key));
    const second = await waitFor(
      async () => {
        const result = await store.claim(key);
        return result.outcome === 'claimed' && result;
      },
      { description: 'the end of the lease', intervalMs: 10 },
    );
    expect(second.attempt).toBe(2);
    expect(second.token).not.toBe(first.token);
  });

  it('lets an owner that lost its claim neither renew, nor release, nor confirm that of another', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    const key = newKey();
    const former = claimed(await store.claim(key));
    await store.release(key, former.token);
    const present = claimed(await store.claim(key));
    expect(await store.renew(key, former.token)).toBe(false);
    await store.release(key, former.token);
    await store.confirm(key, former.token);
    expect(await store.claim(key)).toMatchObject({ outcome: 'in-work' });
    expect(await store.renew(key, present.token)).toBe(true);
  });

  it('holds a claim for as long as it is renewed', async () => {
    const store = await createStore({ leaseMs: 300 });
    const key = newKey();
    const { token } = claimed(await store.claim(key));
    const until = performance.now() + 900;
    await waitFor(
      async () => {
        expect(await store.renew(key, token)).toBe(true);
        return performance.now() > until;
      },
      { description: 'three leases to pass', intervalMs: 30 },
    );
    expect(await store.claim(key)).toMatchObject({ outcome: 'in-work' });
  });

  it('keeps groups, sources and ids apart, whatever they hold', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    const id = testPrefix('event');
    const keys = [
      { group: 'a', source: 'b', id: `c:${id}` },
      { group: 'a', source: 'b:c', id },
      { group: 'a:b', source: 'c', id },
      { group: 'a%3Ab', source: 'c', id },
      { group: 'a', source: 'b', id },
    ];
    for (const key of keys) expect(await store.claim(key)).toMatchObject({ outcome: 'claimed', attempt: 1 });
  });
}
