import { numberOption } from './number-option.ts';

describe('numberOption', () => {
  it('reads a number', () => {
    expect(numberOption('--rate', '0.5', 0.1)).toBe(0.5);
  });

  it.each(['many', '0', 'Infinity'])('refuses %s and says what it takes', (text) => {
    expect(() => numberOption('--rate', text, 0.1)).toThrow(`--rate takes a number from 0.1 on, not ${text}`);
  });
});
