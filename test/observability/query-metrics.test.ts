import { queryParts } from './query-metrics.ts';

describe('queryParts', () => {
  it.each([
    ['up', { metrics: [{ name: 'up', labels: [] }], groupedBy: [] }],
    [
      'sum by (a, b) (rate(requests_total{code=~"4..|5..",path!="/x{y}"}[$__rate_interval]))',
      { metrics: [{ name: 'requests_total', labels: ['code', 'path'] }], groupedBy: ['a', 'b'] },
    ],
    [
      'sum(first_total) / sum(second{x=""}) and on (instance) third',
      {
        metrics: [
          { name: 'first_total', labels: [] },
          { name: 'second', labels: ['x'] },
          { name: 'third', labels: [] },
        ],
        groupedBy: ['instance'],
      },
    ],
    [
      'increase(a_total[10m]) > 0 or (b_total{c!~".*[.]d[.].*"} unless b_total offset 10m) > 0',
      {
        metrics: [
          { name: 'a_total', labels: [] },
          { name: 'b_total', labels: ['c'] },
          { name: 'b_total', labels: [] },
        ],
        groupedBy: [],
      },
    ],
  ])('%s', (expr, parts) => {
    expect(queryParts(expr)).toEqual(parts);
  });
});
