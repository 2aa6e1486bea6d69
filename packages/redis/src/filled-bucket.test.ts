import { takeFromBucket } from './filled-bucket.ts';

const rate = { ratePerSecond: 10, burst: 3 };

function take(times: readonly number[]): number[] {
  let bucket: Parameters<typeof takeFromBucket>[0];
  return times.map((nowMs) => {
    const taken = takeFromBucket(bucket, rate, nowMs);
    bucket = taken.bucket;
    return taken.retryAfterMs;
  });
}

it('gives the burst at once, then one token each time one has come, and says how long that is', () => {
  expect(take([0, 0, 0, 0, 40, 100, 100])).toEqual([0, 0, 0, 100, 60, 0, 100]);
});

it('holds no more than the burst, however long it was left alone', () => {
  expect(take([0, 1_000_000, 1_000_000, 1_000_000, 1_000_000])).toEqual([0, 0, 0, 0, 100]);
});

it('does not lose tokens to a clock that steps back', () => {
  expect(take([100, 0, 0, 0])).toEqual([0, 0, 0, 100]);
});
