import type { Claim, ClaimResult, ClaimStore, DedupKey } from '@throughline/messaging';
import { testPrefix } from './test-prefix.ts';
import { waitFor } from './wait-for.ts';

/** What the suite needs of an implementation. */
export interface ClaimStoreSuite {
  /** A store with a lease of `leaseMs`; stores of one suite see each other's claims. */
  readonly createStore: (options: { readonly leaseMs: number }) => ClaimStore | Promise<ClaimStore>;
}

/** What every ClaimStore promises. Call it inside a `describe`; it makes the tests. */
export function claimStoreSuite(suite: ClaimStoreSuite): void {
  describe('one claim', () => testOneClaim(suite));
  describe('many claims', () => testManyClaims(suite));
  describe('attempts', () => testAttempts(suite));
}

const newKey = (): DedupKey => ({ group: 'a.group', source: 'A:SOURCE', id: testPrefix('event') });

async function claimOne(store: ClaimStore, key: DedupKey): Promise<ClaimResult> {
  const [result, ...others] = await store.claim([key]);
  if (result === undefined || others.length > 0) throw new Error('expected one result');
  return result;
}

/** The claims that are ours. */
function claimsOf(keys: readonly DedupKey[], results: readonly ClaimResult[]): Claim[] {
  return keys.map((key, index) => {
    const result = results[index];
    if (result?.outcome !== 'claimed') throw new Error(`expected a claim of ${key.id}, got ${result?.outcome}`);
    return { key, token: result.token };
  });
}

async function take(store: ClaimStore, ...keys: DedupKey[]): Promise<readonly [Claim, ...Claim[]]> {
  return claimsOf(keys, await store.claim(keys)) as [Claim, ...Claim[]];
}

function testOneClaim({ createStore }: ClaimStoreSuite): void {
  it('is given to one of many who want it at once', async () => {
    const stores = await Promise.all([createStore({ leaseMs: 10_000 }), createStore({ leaseMs: 10_000 })]);
    const key = newKey();
    const results = (await Promise.all(Array.from({ length: 20 }, (_, index) => stores[index % 2]?.claim([key])))).flat();
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

  it('is done after the confirmation', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    const key = newKey();
    await store.confirm(await take(store, key));
    expect(await claimOne(store, key)).toEqual({ outcome: 'done' });
  });

  it('is confirmed without a claim that is left: the commit has happened', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    const key = newKey();
    await store.confirm([{ key, token: 'a-token-of-before-the-flush' }]);
    expect(await claimOne(store, key)).toEqual({ outcome: 'done' });
  });

  it('is given again when the lease is over, as the next attempt, with another token', async () => {
    const store = await createStore({ leaseMs: 60 });
    const key = newKey();
    const [first] = await take(store, key);
    const second = await waitFor(
      async () => {
        const result = await claimOne(store, key);
        return result.outcome === 'claimed' && result;
      },
      { description: 'the end of the lease', intervalMs: 10 },
    );
    expect(second.attempt).toBe(2);
    expect(second.token).not.toBe(first.token);
  });

  it('cannot be renewed, released or confirmed by an owner that lost it', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    const key = newKey();
    const former = await take(store, key);
    await store.release(former);
    const present = await take(store, key);
    expect(await store.renew(former)).toEqual(former);
    await store.release(former);
    await store.confirm(former);
    expect(await claimOne(store, key)).toMatchObject({ outcome: 'in-work' });
    expect(await store.renew(present)).toEqual([]);
  });

  it('holds for as long as it is renewed', async () => {
    const store = await createStore({ leaseMs: 300 });
    const key = newKey();
    const claims = await take(store, key);
    const until = performance.now() + 900;
    await waitFor(
      async () => {
        expect(await store.renew(claims)).toEqual([]);
        return performance.now() > until;
      },
      { description: 'three leases to pass', intervalMs: 30 },
    );
    expect(await claimOne(store, key)).toMatchObject({ outcome: 'in-work' });
  });

  it('keeps groups, sources and ids apart, whatever they hold', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    const id = testPrefix('event');
    const keys = [
      { group: 'a', source: 'b', id: `c:${id}` },
      { group: 'a', source: 'b:c', id },
      { group: 'a:b', source: 'c', id },
      { group: 'a%3Ab', source: 'c', id },
      { group: 'a', source: 'b', id: `${id}\n${id}` },
      { group: 'a', source: 'b', id: `${id}%0A${id}` },
      { group: 'a', source: 'b', id },
    ];
    expect(await store.claim(keys)).toMatchObject(keys.map(() => ({ outcome: 'claimed', attempt: 1 })));
  });
}

function testManyClaims({ createStore }: ClaimStoreSuite): void {
  it('are answered in the order of their keys, each for itself', async () => {
    const [store, other] = await Promise.all([createStore({ leaseMs: 10_000 }), createStore({ leaseMs: 10_000 })]);
    const [done, busy, failed, fresh] = [newKey(), newKey(), newKey(), newKey()];
    await store.confirm(await take(store, done));
    await take(other, busy);
    await other.release(await take(other, failed));
    expect(await store.claim([fresh, busy, done, failed])).toEqual([
      { outcome: 'claimed', token: expect.any(String), attempt: 1 },
      { outcome: 'in-work', retryAfterMs: expect.any(Number) },
      { outcome: 'done' },
      { outcome: 'claimed', token: expect.any(String), attempt: 2 },
    ]);
  });

  it('are each given to one of two who want overlapping ones at once', async () => {
    const stores = await Promise.all([createStore({ leaseMs: 10_000 }), createStore({ leaseMs: 10_000 })]);
    const keys = Array.from({ length: 1_200 }, newKey);
    const [ours, theirs] = await Promise.all([stores[0].claim(keys), stores[1].claim(keys.toReversed())]);
    for (const index of keys.keys()) {
      const outcomes = [ours[index]?.outcome, theirs.at(-1 - index)?.outcome];
      expect(outcomes.toSorted()).toEqual(['claimed', 'in-work']);
    }
  });

  it('are renewed, but for the ones that are lost', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    const [kept, lost, confirmed] = (await take(store, newKey(), newKey(), newKey())) as [Claim, Claim, Claim];
    await store.release([lost]);
    await store.confirm([confirmed]);
    expect(await store.renew([kept, lost, confirmed])).toEqual([lost, confirmed]);
  });

  it('are confirmed and released together', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    const keys = Array.from({ length: 700 }, newKey);
    const claims = await take(store, ...keys);
    await store.confirm(claims.slice(0, 650));
    await store.release(claims.slice(650));
    const outcomes = (await store.claim(keys)).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(keys.map((_, index) => (index < 650 ? 'done' : 'claimed')));
  });

  it('may be none', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    expect([await store.claim([]), await store.renew([])]).toEqual([[], []]);
    await Promise.all([store.confirm([]), store.release([]), store.forgetAttempts([])]);
  });
}

function testAttempts({ createStore }: ClaimStoreSuite): void {
  const attemptOf = async (store: ClaimStore, key: DedupKey) => {
    const result = await claimOne(store, key);
    return result.outcome === 'claimed' ? result.attempt : result.outcome;
  };

  it('are counted at the claim, and stay counted after a release', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    const key = newKey();
    for (const attempt of [1, 2, 3]) {
      const result = await claimOne(store, key);
      expect(result).toMatchObject({ outcome: 'claimed', attempt });
      await store.release(claimsOf([key], [result]));
    }
  });

  it.each([
    ['counted', 3],
    ['taken-back', 2],
    ['forgotten', 1],
  ] as const)('go on after a second one that is %s with number %d', async (fate, next) => {
    const store = await createStore({ leaseMs: 10_000 });
    const key = newKey();
    await store.release(await take(store, key));
    await store.release(await take(store, key), fate);
    expect(await attemptOf(store, key)).toBe(next);
  });

  it('are taken back of the released alone', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    const [innocent, culprit] = [newKey(), newKey()];
    const [first, second] = (await take(store, innocent, culprit)) as [Claim, Claim];
    await Promise.all([store.release([first], 'taken-back'), store.release([second])]);
    expect(await store.claim([innocent, culprit])).toMatchObject([{ attempt: 1 }, { attempt: 2 }]);
  });

  it('are forgotten of free events and of claimed ones, whose claim stays', async () => {
    const store = await createStore({ leaseMs: 10_000 });
    const [free, busy, done] = [newKey(), newKey(), newKey()];
    await store.release(await take(store, free));
    const claims = await take(store, busy);
    await store.confirm(await take(store, done));
    await store.forgetAttempts([free, busy, done, newKey()]);
    expect(await attemptOf(store, free)).toBe(1);
    expect(await attemptOf(store, done)).toBe('done');
    expect(await attemptOf(store, busy)).toBe('in-work');
    expect(await store.renew(claims)).toEqual([]);
    await store.release(claims);
    expect(await attemptOf(store, busy)).toBe(1);
  });
}
