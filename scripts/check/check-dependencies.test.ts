import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const TARGETS = ['events', 'telemetry', 'messaging', 'kafka', 'postgres', 'redis', 'http', 'service', 'testing'];
const root = mkdtempSync(join(tmpdir(), 'throughline-rules-'));

function write(file: string, content: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), content);
}

function importOf(from: string, target: string, verb = 'import'): string {
  const up = '../'.repeat(from.split('/').length - 1);
  return `${verb} { value } from '${target.includes('/') ? up + target : target}';\nexport const one = value;\n`;
}

function check(): string[] {
  const script = join(import.meta.dirname, 'check-dependencies.ts');
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const lines = stdout.split('\n').filter((line) => line !== '');
  expect(status).toBe(lines.length === 0 ? 0 : 1);
  return lines;
}

/** Rule, importing file, imported file or package. */
const planted: [string, string, string][] = [
  ['layer-of-events', 'packages/events/src/a.ts', 'packages/telemetry/src/index.ts'],
  ['layer-of-contracts', 'packages/contracts/src/a.ts', 'packages/telemetry/src/index.ts'],
  ['layer-of-telemetry', 'packages/telemetry/src/a.ts', 'packages/messaging/src/index.ts'],
  ['layer-of-messaging', 'packages/messaging/src/a.ts', 'packages/kafka/src/index.ts'],
  ['layer-of-kafka', 'packages/kafka/src/a.ts', 'packages/postgres/src/index.ts'],
  ['layer-of-postgres', 'packages/postgres/src/a.ts', 'packages/redis/src/index.ts'],
  ['layer-of-redis', 'packages/redis/src/a.ts', 'packages/http/src/index.ts'],
  ['layer-of-http', 'packages/http/src/a.ts', 'packages/service/src/index.ts'],
  ['layer-of-service', 'packages/service/src/a.ts', 'services/storage/auth/src/domain/account.ts'],
  ['packages-import-no-service', 'packages/service/src/b.ts', 'services/storage/auth/src/domain/account.ts'],
  ['testing-in-tests-only', 'services/storage/auth/src/a.ts', 'packages/testing/src/index.ts'],
  ['service-imports-no-service', 'services/storage/bucket/src/a.ts', 'services/storage/auth/src/domain/account.ts'],
  ['service-imports-no-service', 'services/edge/src/a.ts', 'services/storage/auth/src/domain/account.ts'],
  ['domain-is-pure', 'services/storage/bucket/src/domain/a.ts', 'packages/messaging/src/index.ts'],
  ['domain-is-pure', 'services/storage/bucket/src/domain/b.ts', 'services/storage/bucket/src/adapters/store.ts'],
  ['domain-is-pure', 'services/storage/bucket/src/domain/c.ts', 'node:fs'],
  ['domain-takes-types-of-events', 'services/storage/bucket/src/domain/d.ts', 'packages/events/src/index.ts'],
  ['main-constructs', 'services/storage/bucket/src/routes/a.ts', 'packages/postgres/src/index.ts'],
  ['main-constructs', 'services/storage/bucket/src/handlers/a.ts', 'packages/kafka/src/index.ts'],
  ['nothing-imports-main', 'services/storage/bucket/src/b.ts', 'services/storage/bucket/src/main.ts'],
  ['client-kafkajs', 'packages/messaging/src/b.ts', 'kafkajs'],
  ['client-kafkajs', 'services/storage/bucket/src/adapters/a.ts', 'kafkajs'],
  ['client-pg', 'services/storage/bucket/src/adapters/b.ts', 'pg'],
  ['client-ioredis', 'packages/service/src/c.ts', 'ioredis'],
];

/** What the architecture allows. */
const allowed: [string, string, string?][] = [
  ['packages/contracts/src/good.ts', 'packages/events/src/index.ts'],
  ['packages/messaging/src/good.ts', 'packages/telemetry/src/index.ts'],
  ['packages/kafka/src/good.ts', 'packages/messaging/src/index.ts'],
  ['packages/service/src/good.ts', 'packages/postgres/src/index.ts'],
  ['packages/events/src/good.test.ts', 'packages/testing/src/index.ts'],
  ['services/storage/bucket/src/good.ts', 'packages/service/src/index.ts'],
  ['services/storage/bucket/src/domain/good.ts', 'packages/events/src/index.ts', 'import type'],
  ['services/storage/bucket/src/routes/good.ts', 'packages/postgres/src/index.ts', 'import type'],
];

function writeInnocentTree(): void {
  for (const name of TARGETS) write(`packages/${name}/src/index.ts`, 'export const value = 1;\n');
  for (const file of ['auth/src/domain/account.ts', 'bucket/src/adapters/store.ts', 'bucket/src/main.ts']) {
    write(`services/storage/${file}`, 'export const value = 1;\n');
  }
  for (const [from, to, verb] of allowed) write(from, importOf(from, to, verb));
}

afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the dependency rules', () => {
  let before: string[];
  let after: string[];

  beforeAll(() => {
    writeInnocentTree();
    before = check();
    for (const [, from, to] of planted) write(from, importOf(from, to));
    write('packages/events/src/round.ts', "import './about.ts';\n");
    write('packages/events/src/about.ts', "import './round.ts';\n");
    write('packages/events/src/lost.ts', "import './nowhere.ts';\n");
    after = check();
  });

  it('leave alone what the architecture allows', () => {
    expect(before).toEqual([]);
  });

  it.each(planted)('%s fires on %s importing %s', (rule, from, to) => {
    const target = to.replace('node:', '(node:)?');
    expect(after.filter((line) => line.startsWith(`${rule}: ${from} → `) && new RegExp(target).test(line))).toHaveLength(1);
  });

  it.each(['no-circle: packages/events/src/about.ts', 'not-found: packages/events/src/lost.ts'])('fire with %s', (start) => {
    expect(after.some((line) => line.startsWith(start))).toBe(true);
  });
});
