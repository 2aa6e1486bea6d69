import { limitRepeatedLines } from './repeated-lines.ts';

let lines: string[];
const limited = () => limitRepeatedLines((line) => lines.push(line));

beforeEach(() => {
  lines = [];
  import.meta.jest.useFakeTimers();
});
afterEach(() => import.meta.jest.useRealTimers());

describe('limitRepeatedLines', () => {
  it('writes the first at once and the rest as one line in five seconds', () => {
    const output = limited();
    for (let index = 0; index < 1_000; index += 1) output.write('refused');
    output.write('something else');
    expect(lines).toEqual(['refused', 'something else']);
    import.meta.jest.advanceTimersByTime(5_000);
    expect(lines).toEqual(['refused', 'something else', 'refused (999 times)']);
    output.write('refused');
    expect(lines).toHaveLength(3);
    import.meta.jest.advanceTimersByTime(5_000);
    expect(lines.slice(3)).toEqual(['refused']);
    output.close();
  });

  it('writes a line that comes back after a quiet interval at once', () => {
    const output = limited();
    output.write('refused');
    import.meta.jest.advanceTimersByTime(5_000);
    output.write('refused');
    expect(lines).toEqual(['refused', 'refused']);
    output.close();
  });

  it('tells the counts it held back at the end', () => {
    const output = limited();
    for (let index = 0; index < 3; index += 1) output.write('refused');
    output.close();
    expect(lines).toEqual(['refused', 'refused (2 times)']);
    expect(import.meta.jest.getTimerCount()).toBe(0);
  });
});
