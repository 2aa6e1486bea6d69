import { checkStop } from './check-stop.ts';

const taking = (totalMs: number) => ({ longest: () => ({ totalMs, parts: [`relay ${totalMs}`] }) });

it.each([
  ['parts that fit', 18_000, { drainDeadlineMs: 24_000, terminationGraceMs: 30_000 }],
  ['no part that takes long', 0, { drainDeadlineMs: 500 }],
  ['a grace that is not known', 21_000, { drainDeadlineMs: 24_000 }],
])('lets %s start', (_case, totalMs, settings) => {
  expect(() => checkStop(taking(totalMs), settings)).not.toThrow();
});

it.each([
  [
    'parts that do not fit',
    21_001,
    { drainDeadlineMs: 24_000 },
    /drainDeadlineMs \(24000\) must be at least 24001.*atMostMs of relay 21001/,
  ],
  [
    'a grace that is too short',
    0,
    { drainDeadlineMs: 24_000, terminationGraceMs: 24_000 },
    /terminationGraceMs \(24000\).*drainDeadlineMs \(24000\)/,
  ],
])('refuses %s, naming both settings', (_case, totalMs, settings, message) => {
  expect(() => checkStop(taking(totalMs), settings)).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION_REFUSED', message: expect.stringMatching(message) }),
  );
});
