import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { standBack } from './stand-back.ts';

it('lowers a process, and its session where sessions share the processor', async () => {
  const child = spawn('sleep', ['30'], { detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  const pid = child.pid as number;
  try {
    const before = getPriority(pid);
    standBack(pid, 7);
    expect(getPriority(pid)).toBe(7);
    expect(before).not.toBe(7);
    const autogroup = `/proc/${pid}/autogroup`;
    if (existsSync(autogroup)) expect(readFileSync(autogroup, 'utf8')).toMatch(/ nice 7\n$/);
  } finally {
    child.kill();
    await once(child, 'close');
  }
});
