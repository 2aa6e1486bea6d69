import { storableCount, storableKeyPart, storableText, storableTime } from './storable.ts';

it.each([
  ['short', 10, 'short'],
  ['a\0b', 10, 'a\uFFFDb'],
  ['ééé', 5, 'éé'],
  ['', 5, ''],
])('makes %j of at most %d bytes %j', (text, maxBytes, expected) => {
  expect(storableText(text, maxBytes)).toBe(expected);
});

it('keeps ordinary parts of keys, and different ones different', () => {
  expect(storableKeyPart('ORDERS')).toBe('ORDERS');
  const odd = ['a\0', 'a\0\0', 'x'.repeat(513), 'x'.repeat(514)].map(storableKeyPart);
  expect(new Set(odd).size).toBe(4);
  for (const part of odd) expect(part).toMatch(/^sha256:[0-9a-f]{64}$/);
});

it.each([
  [3, 3],
  [2.7, 2],
  [-1, 0],
  [1e15, 2_147_483_647],
  [Number.NaN, 0],
])('counts %d as %d', (count, expected) => {
  expect(storableCount(count)).toBe(expected);
});

it.each([
  [0, '1970-01-01T00:00:00.000Z'],
  [Number.NaN, '1970-01-01T00:00:00.000Z'],
  [9e18, '9999-12-31T23:59:59.999Z'],
  [-9e18, '0001-01-01T00:00:00.000Z'],
])('dates %d %s', (timeMs, expected) => {
  expect(storableTime(timeMs).toISOString()).toBe(expected);
});
