import { evaluatePreconditions, isRangeCurrent } from './preconditions.ts';

const changed = new Date('2026-01-06T10:14:52.643Z');
const sameDate = 'Tue, 06 Jan 2026 10:14:52 GMT';
const before = 'Tue, 06 Jan 2026 10:14:51 GMT';

describe('evaluatePreconditions (RFC 9110 §13.2.2)', () => {
  it.each([
    ['GET', {}, '"a"', 'proceed'],
    ['GET', { 'if-none-match': '"a"' }, '"a"', 'not-modified'],
    ['HEAD', { 'if-none-match': '"a"' }, '"a"', 'not-modified'],
    ['GET', { 'if-none-match': 'W/"a"' }, '"a"', 'not-modified'],
    ['GET', { 'if-none-match': '"b", "a"' }, '"a"', 'not-modified'],
    ['GET', { 'if-none-match': '*' }, '"a"', 'not-modified'],
    ['GET', { 'if-none-match': '*' }, undefined, 'proceed'],
    ['GET', { 'if-none-match': '"b"' }, '"a"', 'proceed'],
    ['GET', { 'if-none-match': 'a' }, '"a"', 'proceed'],
    ['PUT', { 'if-none-match': '*' }, '"a"', 'failed'],
    ['PUT', { 'if-none-match': '*' }, undefined, 'proceed'],
    ['PUT', { 'if-none-match': '"a"' }, '"a"', 'failed'],
    ['PUT', { 'if-none-match': 'a' }, '"a"', 'failed'],
    ['PUT', { 'if-match': '"a"' }, '"a"', 'proceed'],
    ['PUT', { 'if-match': '"b", "a"' }, '"a"', 'proceed'],
    ['PUT', { 'if-match': '"b"' }, '"a"', 'failed'],
    ['PUT', { 'if-match': 'W/"a"' }, '"a"', 'failed'],
    ['PUT', { 'if-match': '"a"' }, 'W/"a"', 'failed'],
    ['PUT', { 'if-match': '*' }, '"a"', 'proceed'],
    ['PUT', { 'if-match': '*' }, undefined, 'failed'],
    ['PUT', { 'if-match': '"a"' }, undefined, 'failed'],
    ['GET', { 'if-match': '"b"' }, '"a"', 'failed'],
    ['GET', { 'if-match': '"a"', 'if-none-match': '"a"' }, '"a"', 'not-modified'],
    ['DELETE', { 'if-match': 'a' }, '"a"', 'failed'],
    ['GET', { 'if-modified-since': sameDate }, '"a"', 'not-modified'],
    ['GET', { 'if-modified-since': before }, '"a"', 'proceed'],
    ['GET', { 'if-modified-since': 'yesterday' }, '"a"', 'proceed'],
    ['PUT', { 'if-modified-since': sameDate }, '"a"', 'proceed'],
    ['GET', { 'if-none-match': '"b"', 'if-modified-since': sameDate }, '"a"', 'proceed'],
    ['PUT', { 'if-unmodified-since': sameDate }, '"a"', 'proceed'],
    ['PUT', { 'if-unmodified-since': before }, '"a"', 'failed'],
    ['PUT', { 'if-match': '"a"', 'if-unmodified-since': before }, '"a"', 'proceed'],
  ] as const)('%s with %j on %s: %s', (method, headers, etag, expected) => {
    expect(evaluatePreconditions({ method, headers, etag, lastModified: changed })).toBe(expected);
  });
});

describe('isRangeCurrent (RFC 9110 §13.1.5)', () => {
  it.each([
    [undefined, true],
    ['"a"', true],
    ['"b"', false],
    ['W/"a"', false],
    ['"x", "a"', false],
    ['*', false],
    [sameDate, false],
    [before, false],
    ['yesterday', false],
  ])('If-Range %s: %s', (ifRange, expected) => {
    expect(isRangeCurrent({ headers: ifRange === undefined ? {} : { 'if-range': ifRange }, etag: '"a"' })).toBe(expected);
  });
});
