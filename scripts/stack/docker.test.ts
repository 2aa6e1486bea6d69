import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { canUseImage } from './component.ts';
import { startContainer } from './docker.ts';
import { openSecrets } from './secrets.ts';

const folder = mkdtempSync(join(tmpdir(), 'throughline-docker-'));
const callsFile = join(folder, 'calls');
const formerPath = process.env.PATH;

/** A command line in place of Docker's: it writes down what it was asked and answers as the given cases say. */
function installDocker(cases: string): void {
  const script = `#!/bin/sh\necho "$* (password: $POSTGRES_PASSWORD)" >> ${callsFile}\ncase "$1" in\n${cases}\n*) exit 0 ;;\nesac\n`;
  writeFileSync(join(folder, 'docker'), script);
  chmodSync(join(folder, 'docker'), 0o755);
  writeFileSync(callsFile, '');
  process.env.PATH = `${folder}${delimiter}${formerPath}`;
}

const calls = () => readFileSync(callsFile, 'utf8').trim().split('\n');
const context = {
  dataDir: folder,
  givenAddress: undefined,
  secrets: openSecrets(join(folder, 'secrets.json')),
  port: async () => 1,
  progress: () => undefined,
};

afterAll(() => {
  process.env.PATH = formerPath;
  rmSync(folder, { recursive: true, force: true });
});

describe('canUseImage', () => {
  it.each([
    ['no daemon answers', 'version) exit 1 ;;', false],
    ['the image is there', 'pull) exit 1 ;;', true],
    ['the image can be pulled', 'image) exit 1 ;;', true],
    ['the image can not be had', 'image|pull) exit 1 ;;', false],
  ])('when %s', async (_case, answers, isUsable) => {
    installDocker(answers);
    expect(await canUseImage('redis', 'redis:7', context)).toBe(isUsable);
  });
});

describe('startContainer', () => {
  it('listens on the loopback address, keeps its data in a volume and its password out of the arguments', async () => {
    installDocker('');
    const container = await startContainer({
      containerName: 'throughline-test-postgres',
      image: 'postgres:17',
      hostPort: 15_432,
      containerPort: 5432,
      env: { POSTGRES_PASSWORD: 'geheim' },
      dataPath: '/var/lib/postgresql/data',
      args: ['-c', 'fsync=on'],
    });
    await container.stop();
    const [, run = ''] = calls();
    expect(run).toContain('run -d --name throughline-test-postgres -p 127.0.0.1:15432:5432');
    expect(run).toContain('-v throughline-test-postgres:/var/lib/postgresql/data -e POSTGRES_PASSWORD postgres:17 -c fsync=on');
    expect(run).toContain('(password: geheim)');
    expect(calls().some((call) => call.startsWith('stop -t 20 throughline-test-postgres'))).toBe(true);
    expect(calls().at(-1)).toContain('rm -f throughline-test-postgres');
  });
});
