import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeStaleLock, tryLock } from './lock-file.ts';
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

  describe('when several starters find the lock of an ended process', () => {
    const ended = { pid: process.pid, startedAt: 'some other time' };
    const guard = `${file}.ended-${ended.pid}-some-other-time`;

    it('leaves the removal to the one that is at it', () => {
      writeFileSync(file, JSON.stringify(ended));
      writeFileSync(guard, JSON.stringify(identifyProcess(process.pid)));
      expect(tryLock(file)).toEqual({ heldBy: identifyProcess(process.pid) });
      expect(existsSync(file)).toBe(true);
      rmSync(guard);
    });

    it('goes on where one was killed in the middle of it, and leaves nothing behind', () => {
      writeFileSync(file, JSON.stringify(ended));
      writeFileSync(guard, JSON.stringify(ended));
      const attempt = tryLock(file);
      expect(attempt).toHaveProperty('release');
      if ('release' in attempt) attempt.release();
      expect(readdirSync(folder)).toEqual([]);
    });

    it('does not remove the lock the first of them has taken since', () => {
      const first = tryLock(file);
      expect(removeStaleLock(file, ended)).toBeUndefined();
      expect(tryLock(file)).toEqual({ heldBy: identifyProcess(process.pid) });
      if ('release' in first) first.release();
    });
  });
});
