import { isCurrency } from './currencies.ts';

it.each(['EUR', 'USD', 'JPY', 'CHF', 'SLE', 'XCG'])('knows %s', (code) => {
  expect(isCurrency(code)).toBe(true);
});

it.each(['DEM', 'HRK', 'SLL', 'ABC', 'eur', 'EURO', '', 'constructor'])('does not take %p', (code) => {
  expect(isCurrency(code)).toBe(false);
});
