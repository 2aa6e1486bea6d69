import { javaVersionOf } from './java.ts';

describe('javaVersionOf', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['openjdk version "25" 2025-09-16', 25],
    ['java version "1.8.0_402"', 8],
    ['command not found', undefined],
  ])('%s is %s', (output, version) => {
    expect(javaVersionOf(output)).toBe(version);
  });
});
