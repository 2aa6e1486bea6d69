import { readLogLine } from './log-line.ts';

describe('readLogLine', () => {
  it.each([
    ['{"level":30,"msg":"listening"}', false, 'INFO listening'],
    ['{"level":40,"msg":"Redis is away","err":{"message":"ECONNREFUSED"}}', true, 'WARN Redis is away (ECONNREFUSED)'],
    ['{"level":"error","msg":"no"}', true, 'ERROR no'],
    ['TypeError: x is not a function', true, 'TypeError: x is not a function'],
    ['{"no":"level"}', true, '{"no":"level"}'],
    ['{broken', true, '{broken'],
    ['    at main (file:///main.ts:1:1)', false, ' at main (file:///main.ts:1:1)'],
    ['', false, ''],
  ])('%s', (line, isImportant, text) => {
    expect(readLogLine(line)).toEqual({ isImportant, text });
  });

  it('keeps to one line of bearable length', () => {
    const { text } = readLogLine(JSON.stringify({ level: 50, msg: `a\nb${'x'.repeat(1_000)}` }));
    expect(text.length).toBeLessThan(250);
    expect(text).toContain('ERROR a b');
  });
});
