import { RecentKeys } from './recent-keys.ts';

it('keeps what is used and forgets what is longest unused', () => {
  let made = 0;
  const keys = new RecentKeys(() => {
    made += 1;
    return { number: made };
  });
  const first = keys.of('first');
  keys.of('second');
  for (let index = 0; index < 9_999; index += 1) {
    keys.of(`other-${index}`);
    if (index % 100 === 0) expect(keys.of('first')).toBe(first);
  }
  expect(made).toBe(10_001);
  expect(keys.of('first')).toBe(first);
  expect(keys.of('second').number).toBe(10_002);
});
