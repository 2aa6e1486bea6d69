import { nextActivation, publishedKeysAt, signingKeyAt } from './key-schedule.ts';

const HOUR = 3_600_000;
const TOLERANCE = 60_000;
const first = { kid: 'first', activeFromMs: 0 };
const second = { kid: 'second', activeFromMs: 10 * HOUR };

describe('signingKeyAt', () => {
  it('is undefined before any key is active', () => {
    expect(signingKeyAt([first], -1)).toBeUndefined();
    expect(signingKeyAt([], 5)).toBeUndefined();
  });

  it.each([
    [0, 'first'],
    [10 * HOUR - 1, 'first'],
    [10 * HOUR, 'second'],
    [99 * HOUR, 'second'],
  ])('at %d ms it is %s', (nowMs, kid) => {
    expect(signingKeyAt([second, first], nowMs)?.kid).toBe(kid);
  });
});

describe('publishedKeysAt', () => {
  const at = (nowMs: number) => publishedKeysAt([second, first], { nowMs, tokenLifetimeMs: HOUR }).map((key) => key.kid);

  it('publishes a new key before it signs', () => {
    expect(at(1)).toEqual(['first', 'second']);
  });

  it('keeps the old key until its last token has expired on the slowest clock', () => {
    expect(at(11 * HOUR + TOLERANCE - 1)).toEqual(['first', 'second']);
    expect(at(11 * HOUR + TOLERANCE)).toEqual(['second']);
  });

  it('never drops the last key', () => {
    expect(at(1_000_000 * HOUR)).toEqual(['second']);
  });
});

describe('nextActivation', () => {
  it('is at once for the first key, which nobody can have cached the absence of', () => {
    expect(nextActivation([], { nowMs: 7, delayMs: 60_000 })).toBe(7);
  });

  it('waits for the caches otherwise', () => {
    expect(nextActivation([first], { nowMs: 7, delayMs: 60_000 })).toBe(60_007);
  });

  it('comes after a key that is itself still waiting', () => {
    expect(nextActivation([first, { kid: 'pending', activeFromMs: 60_007 }], { nowMs: 7, delayMs: 60_000 })).toBe(60_008);
  });
});
