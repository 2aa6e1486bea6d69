import { subscriptionTopics } from '../subscribing/subscription-topics.ts';
import { completeRetryPolicy, delayToMs, maxAttempts } from './retry-policy.ts';

describe('retry policy', () => {
  it.each([
    ['250ms', 250],
    ['5s', 5000],
    ['1m', 60_000],
    ['2h', 7_200_000],
  ])('reads %s', (delay, ms) => {
    expect(delayToMs(delay)).toBe(ms);
  });

  it.each(['', '5', '5d', '0s', '-1s', '1.5s', '5 s'])('refuses the delay %p', (delay) => {
    expect(() => delayToMs(delay)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_REFUSED' }));
  });

  it('refuses delays that do not rise and less than one try', () => {
    expect(() => completeRetryPolicy({ delays: ['1m', '60s'] })).toThrow('must rise: 1m, 60s');
    expect(() => completeRetryPolicy({ inlineTries: 0 })).toThrow('retry.inlineTries');
  });

  it('allows as many attempts as all tries in all tiers', () => {
    expect(maxAttempts(completeRetryPolicy(undefined))).toBe(12);
    expect(maxAttempts(completeRetryPolicy({ inlineTries: 1, delays: [] }))).toBe(1);
  });

  it('has a topic for each delay, one for replays, and a dead-letter topic that keeps its records', () => {
    expect(subscriptionTopics({ group: 'a.b', retry: { delays: ['5s', '1m'] } }, 3)).toEqual([
      { topic: 'a.b.retry.5s', partitions: 3 },
      { topic: 'a.b.retry.1m', partitions: 3 },
      { topic: 'a.b.replay', partitions: 3 },
      { topic: 'a.b.dlq', partitions: 3, retentionMs: -1 },
    ]);
    expect(subscriptionTopics({ group: 'a.b', order: 'key' }).map(({ topic }) => topic)).toEqual(['a.b.replay', 'a.b.dlq']);
  });
});
