import { queueRetryPolicy } from './queue-policy.ts';
import { delayToMs, maxAttempts } from './retry-policy.ts';

const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'CONFIGURATION_REFUSED', message: expect.stringMatching(message) });

describe('the retry policy of a queue', () => {
  it.each([
    [{ maxReceiveCount: 5, backoffMs: 1_000, backoffFactor: 4 }, ['1s', '4s', '16s', '64s']],
    [{ maxReceiveCount: 4, backoffMs: 1_500, backoffFactor: 2 }, ['1500ms', '3s', '6s']],
    [{ maxReceiveCount: 3, backoffMs: 60_000, backoffFactor: 60 }, ['1m', '1h']],
    [{ maxReceiveCount: 3, backoffMs: 100, backoffFactor: 1.5 }, ['100ms', '150ms']],
    [{ maxReceiveCount: 1, backoffMs: 1_000, backoffFactor: 4 }, []],
  ])('%j waits %j', (policy, delays) => {
    expect(queueRetryPolicy(policy)).toMatchObject({ inlineTries: 1, delays });
  });

  it('lets an event be begun as often as it may be received, with delays that grow by the factor', () => {
    for (let maxReceiveCount = 1; maxReceiveCount <= 20; maxReceiveCount += 1) {
      const policy = queueRetryPolicy({ maxReceiveCount, backoffMs: 10, backoffFactor: 2 });
      expect(maxAttempts(policy)).toBe(maxReceiveCount);
      expect(policy.delays.map(delayToMs)).toEqual(policy.delays.map((_, index) => 10 * 2 ** index));
    }
  });

  it.each([
    [{ maxReceiveCount: 0, backoffMs: 1, backoffFactor: 2 }, /^maxReceiveCount \(0\) must be a whole number from 1 to 20$/],
    [{ maxReceiveCount: 21, backoffMs: 1.5, backoffFactor: 2 }, /maxReceiveCount \(21\).*backoffMs \(1\.5\)/],
    [{ maxReceiveCount: 2, backoffMs: 1, backoffFactor: 1 }, /backoffFactor \(1\) must be above 1/],
    [
      { maxReceiveCount: 20, backoffMs: 1_000, backoffFactor: 4 },
      /maxReceiveCount \(20\), backoffMs \(1000\) and backoffFactor \(4\)/,
    ],
    [{ maxReceiveCount: 3, backoffMs: 1, backoffFactor: 1.2 }, /must rise: 1ms, 1ms/],
  ])('refuses %j', (policy, message) => {
    expect(() => queueRetryPolicy(policy)).toThrow(refusal(message));
  });
});
