import fc from 'fast-check';
import { canonicalTime, epochSecondsToRfc3339, isEpochSeconds, nowRfc3339, rfc3339ToEpochSeconds } from './rfc3339.ts';

describe('epoch seconds and RFC 3339', () => {
  it.each([
    [1767694492.643695, '2026-01-06T10:14:52.643695Z'],
    [1767699395.979333, '2026-01-06T11:36:35.979333Z'],
    [0, '1970-01-01T00:00:00.000000Z'],
    [-0.000001, '1969-12-31T23:59:59.999999Z'],
    [1767694492.9999998, '2026-01-06T10:14:53.000000Z'],
    [253402300799, '9999-12-31T23:59:59.000000Z'],
    [-62167219200, '0000-01-01T00:00:00.000000Z'],
  ])('%d is %s', (seconds, text) => {
    expect(epochSecondsToRfc3339(seconds)).toBe(text);
  });

  it.each([
    ['2016-12-31T23:59:60.500000Z', '2017-01-01T00:00:00.500000Z'],
    ['2026-01-06t10:14:52.643695Z', '2026-01-06T10:14:52.643695Z'],
    ['2026-01-06T10:14:52.643695Z', '2026-01-06T10:14:52.643695Z'],
  ])('writes %s as %s however often it comes', (text, canonical) => {
    expect([canonicalTime(text), canonicalTime(text), canonicalTime(text)]).toEqual([canonical, canonical, canonical]);
  });

  it('reads what begins with a second it has just seen as it would have without', () => {
    const second = '2026-01-06T10:14:52';
    expect(rfc3339ToEpochSeconds(`${second}.643695Z`)).toBe(1767694492.643695);
    expect(rfc3339ToEpochSeconds(`${second}.000001Z`)).toBe(1767694492.000001);
    expect(rfc3339ToEpochSeconds(`${second}.643695+01:00`)).toBe(1767690892.643695);
    expect(rfc3339ToEpochSeconds(`${second}.6Z`)).toBe(1767694492.6);
    for (const text of [`${second}.64369xZ`, `${second}.643695`, `${second}Z.643695Z`]) {
      expect(() => rfc3339ToEpochSeconds(text)).toThrow(RangeError);
    }
    expect(rfc3339ToEpochSeconds('2026-01-06T10:14:53.000000Z')).toBe(1767694493);
    expect(epochSecondsToRfc3339(1767694493)).toBe('2026-01-06T10:14:53.000000Z');
    expect(epochSecondsToRfc3339(1767694492)).toBe('2026-01-06T10:14:52.000000Z');
  });

  it('keeps every microsecond up to the year 2242, in both directions', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.nat(8_589_934_591), fc.nat(999_999), (isNegative, whole, micros) => {
        const literal = `${isNegative ? '-' : ''}${whole}.${String(micros).padStart(6, '0')}`;
        const seconds = Number(literal);
        const text = epochSecondsToRfc3339(seconds);
        expect(rfc3339ToEpochSeconds(text)).toBe(seconds === 0 ? 0 : seconds);
        if (!isNegative) expect(text.slice(20, 26)).toBe(String(micros).padStart(6, '0'));
      }),
    );
  });

  it.each([
    ['2026-01-06T11:14:52.643695+01:00', 1767694492.643695],
    ['2026-01-06t04:44:52.643695-05:30', 1767694492.643695],
    ['2026-01-06T10:14:52Z', 1767694492],
    ['2026-01-06T10:14:52.6z', 1767694492.6],
    ['2026-01-06T10:14:52.643695999Z', 1767694492.643695],
    ['2016-12-31T23:59:60Z', 1483228800],
  ])('reads %s', (text, seconds) => {
    expect(rfc3339ToEpochSeconds(text)).toBe(seconds);
  });

  it.each([
    '',
    'yesterday',
    '2026-01-06',
    '2026-01-06T10:14:52',
    '2026-02-29T10:14:52Z',
    '2026-13-01T00:00:00Z',
    '2026-01-06T24:00:00Z',
    '2026-01-06T10:14:52+24:00',
    '2026-01-06T10:14:52.Z',
    '2026-01-06T10:14:52Z ',
    '0000-01-01T00:00:00+01:00',
  ])('refuses %j', (text) => {
    expect(() => rfc3339ToEpochSeconds(text)).toThrow(RangeError);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e12, -1e12])('refuses %d seconds', (seconds) => {
    expect(() => epochSecondsToRfc3339(seconds)).toThrow(RangeError);
    expect(isEpochSeconds(seconds)).toBe(false);
  });

  it('tells the present', () => {
    const before = Date.now();
    const nowMs = rfc3339ToEpochSeconds(nowRfc3339()) * 1000;
    expect(Math.round(nowMs)).toBeGreaterThanOrEqual(before);
    expect(Math.round(nowMs)).toBeLessThanOrEqual(Date.now());
  });
});
