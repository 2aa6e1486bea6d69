import { normaliseTime } from './normalise-time.ts';

describe('normaliseTime', () => {
  it.each([
    ['2026-01-06T10:14:52.643695Z', '2026-01-06T10:14:52.643695Z'],
    ['2026-01-06T10:14:52Z', '2026-01-06T10:14:52.000000Z'],
    ['2026-01-06T10:14:52.1Z', '2026-01-06T10:14:52.100000Z'],
    ['2026-01-06T10:14:52.123456789Z', '2026-01-06T10:14:52.123456Z'],
    ['2026-01-06T12:14:52.123+02:00', '2026-01-06T10:14:52.123000Z'],
  ])('%s → %s', (time, expected) => {
    expect(normaliseTime(time)).toBe(expected);
  });

  it('makes times of different precision compare as text', () => {
    expect(normaliseTime('2026-01-06T10:14:52.123Z') < normaliseTime('2026-01-06T10:14:52.123456Z')).toBe(true);
  });
});
