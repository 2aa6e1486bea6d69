import { parseHttpDate } from './http-date.ts';

const time = Date.UTC(1994, 10, 6, 8, 49, 37);
const now = new Date('2026-11-21T00:00:00Z');

describe('parseHttpDate (RFC 9110 §5.6.7)', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', time],
    ['Sunday, 06-Nov-94 08:49:37 GMT', time],
    ['Sun Nov  6 08:49:37 1994', time],
    ['Saturday, 21-Nov-76 00:00:00 GMT', Date.UTC(2076, 10, 21)],
    ['Monday, 21-Nov-77 00:00:00 GMT', Date.UTC(1977, 10, 21)],
  ])('reads %s', (text, expected) => {
    expect(parseHttpDate(text, now)).toBe(expected);
  });

  it.each([
    '2099',
    '2099-01-01T00:00:00Z',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'yesterday',
    '',
  ])('does not take %j for a date', (text) => {
    expect(parseHttpDate(text, now)).toBeUndefined();
  });
});
