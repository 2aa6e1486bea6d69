import { createLogger } from '@throughline/telemetry';
import { FetchPace } from './fetch-pace.ts';
import { SubscribedTopics } from './subscribed-topics.ts';

function setUp(leaderless: readonly string[] = []) {
  let changes = 0;
  const topics = new SubscribedTopics({
    topics: ['a'],
    admin: { withLeaders: async (wanted) => wanted.filter((topic) => !leaderless.includes(topic)) },
    logger: createLogger({ name: 'test', level: 'fatal' }),
    onChange: () => {
      changes += 1;
    },
  });
  return { topics, changes: () => changes };
}

/** Whether it has resolved by now. */
async function isOver(work: Promise<void>): Promise<boolean> {
  return Promise.race([work.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);
}

describe('SubscribedTopics', () => {
  it('is joined when the member has joined with what is wanted, not with what was wanted before', async () => {
    const { topics, changes } = setUp();
    const { joined } = await topics.choose(['a', 'b']);
    expect([topics.next(), changes()]).toEqual([['a', 'b'], 1]);
    topics.joined();
    expect(await isOver(joined)).toBe(false);
    topics.sent(['a', 'b']);
    topics.joined();
    expect(await isOver(joined)).toBe(true);
    topics.close();
  });

  it('changes nothing where the same is wanted', async () => {
    const { topics, changes } = setUp();
    const { joined } = await topics.choose(['a', 'a']);
    expect([await isOver(joined), changes()]).toEqual([true, 0]);
    topics.close();
  });

  it('leaves out what has no leader, and reads what it read after a failure', async () => {
    const { topics } = setUp(['b']);
    await topics.choose(['a', 'b', 'c']);
    expect([topics.declared, topics.next()]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'c'],
    ]);
    topics.sent(['a', 'c'], new Error('no'));
    expect(topics.next()).toEqual(['a']);
    topics.opened();
    expect(topics.next()).toEqual(['a', 'c']);
    topics.close();
  });

  it('lets nobody wait after its end, and takes the last of two lists', async () => {
    const { topics } = setUp();
    const first = topics.choose(['b']);
    const second = topics.choose(['c']);
    expect(await isOver((await first).joined)).toBe(true);
    const { joined } = await second;
    expect([topics.next(), await isOver(joined)]).toEqual([['c'], false]);
    topics.close();
    expect(await isOver(joined)).toBe(true);
  });
});

describe('FetchPace', () => {
  it('rests until it is woken, all who rest, and at the latest for the time of a fetch', async () => {
    const pace = new FetchPace();
    const resting = [pace.rest(), pace.rest()];
    expect(await isOver(Promise.all(resting).then(() => undefined))).toBe(false);
    pace.wake();
    expect(await isOver(Promise.all(resting).then(() => undefined))).toBe(true);
    const fromMs = performance.now();
    await pace.rest();
    expect(performance.now() - fromMs).toBeGreaterThanOrEqual(190);
  });

  it('lets brokers wait less while a partition may soon go on', () => {
    const pace = new FetchPace();
    const usual = pace.waitMs;
    pace.isBrief = true;
    expect(pace.waitMs).toBeLessThan(usual / 5);
  });
});
