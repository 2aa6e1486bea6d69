import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryLock } from './lock-file.ts';
import { identifyProcess } from './process-identity.ts';

const folder = mkdtempSync(join(tmpdir(), 'throughline-lock-'));
const file = join(folder, 'running.lock');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('tryLock', () => {
  it('is refused with the owner while the owner runs, and free after the release', () => {
    const first = tryLock(file);
    expect(first).toHaveProperty('release');
    expect(tryLock(file)).toEqual({ heldBy: identifyProcess(process.pid) });
    if ('release' in first) first.release();
    const second = tryLock(file);
    expect(second).toHaveProperty('release');
    if ('release' in second) second.release();
  });

  it.each([
    ['ended', () => ({ pid: spawnSync(process.execPath, ['--version']).pid, startedAt: '1' })],
    ['has another process with its pid now', () => ({ pid: process.pid, startedAt: 'some other time' })],
  ])('is taken over when the owner %s', (_case, owner) => {
    writeFileSync(file, JSON.stringify(owner()));
    const attempt = tryLock(file);
    expect(attempt).toHaveProperty('release');
    if ('release' in attempt) attempt.release();
  });
});
