import { fillIn } from './fill-in.ts';

const templating = {
  list: [
    { name: 'group', type: 'query', includeAll: true, allValue: '.*', current: { value: ['$__all'] } },
    { name: 'queue', type: 'query', includeAll: false, current: { value: 'intake.worker' } },
  ],
};

describe('fillIn', () => {
  it.each([
    ['all of a variable that has the choice', 'lag{a=~"$group"}', {}, 'lag{a=~".*"}'],
    ['what the dashboard opens with', 'lag{a="$queue"}', {}, 'lag{a="intake.worker"}'],
    ['the value it is given', `lag{a="\${queue}"}`, { values: { queue: 'other' } }, 'lag{a="other"}'],
    ['a minute for the interval', 'rate(x[$__rate_interval])', {}, 'rate(x[1m])'],
    ['the interval it is given', 'rate(x[$__rate_interval])', { rateInterval: '4s' }, 'rate(x[4s])'],
  ])('takes %s', (_, expr, filling, expected) => {
    expect(fillIn(expr, { templating }, filling)).toBe(expected);
  });

  it('refuses a variable that the dashboard does not have', () => {
    expect(() => fillIn('lag{a="$topic"}', { templating })).toThrow('no variable topic');
  });
});
