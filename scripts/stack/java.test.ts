import { javaPackageOf, javaVersionOf } from './java.ts';

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

describe('javaPackageOf', () => {
  const policy = (candidates: Readonly<Record<string, string>>) =>
    Object.entries(candidates)
      .map(
        ([name, candidate]) =>
          `${name}:\n  Installed: (none)\n  Candidate: ${candidate}\n  Version table:\n     ${candidate} 500\n`,
      )
      .join('');
  const [standard, later, latest] = ['default-jre-headless', 'openjdk-17-jre-headless', 'openjdk-21-jre-headless'];

  it.each([
    ['the default is new enough', { [standard]: '2:1.17-74', [later]: '17.0.21.1+2-1~deb12u1' }, standard],
    ['the default is too old', { [standard]: '2:1.11-72', [later]: '17.0.4+8-1~deb11u1', [latest]: '21.0.1' }, later],
    ['17 is known and not to be had', { [standard]: '2:1.11-72', [later]: '(none)', [latest]: '21.0.1' }, latest],
    ['17 is not known', { [standard]: '2:1.11-72', [latest]: '21.0.1' }, latest],
    ['nothing is known', {}, standard],
    ['there is only an old one', { [standard]: '2:1.8-60' }, standard],
  ])('when %s', (_case, candidates, name) => {
    expect(javaPackageOf(policy(candidates))).toBe(name);
  });
});
