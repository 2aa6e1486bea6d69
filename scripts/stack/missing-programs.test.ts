import { missingMessage } from './missing-programs.ts';

describe('missingMessage', () => {
  it('names all programs and one command for all of them', () => {
    const message = missingMessage([
      { program: 'Java 17 or newer', packageName: 'openjdk-17-jre-headless' },
      { program: 'Maven (mvn)', packageName: 'maven' },
    ]);
    expect(message).toMatch(/^Java 17 or newer, Maven \(mvn\) are missing\./);
    expect(message).toMatch(/apt-get install .* openjdk-17-jre-headless maven$/);
  });

  it('speaks of one in the singular', () => {
    expect(missingMessage([{ program: 'redis-server', packageName: 'redis-server' }])).toContain('redis-server is missing.');
  });
});
