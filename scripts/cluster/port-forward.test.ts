import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forwardedPort, openPortForward } from './port-forward.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'port-forward-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A stand-in that behaves as this shell script. */
function kubectl(script: string): string {
  const file = join(folder, 'kubectl');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

const open = (script: string) =>
  openPortForward({ namespace: 'events', target: 'deploy/console', port: 9090, kubectl: kubectl(script) });

const isRunning = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('openPortForward', () => {
  it('tells the port that kubectl chose, and ends kubectl when it is closed', async () => {
    // What it was started with and its process id are in the port, for want of another way to tell them.
    const forward = await open('echo "Forwarding from 127.0.0.1:$$ -> 9090"; exec sleep 60');
    expect(isRunning(forward.port)).toBe(true);
    await forward.close();
    expect(isRunning(forward.port)).toBe(false);
  });

  it('asks for any free port of this machine alone', async () => {
    const asked = open('echo "$@" >&2; exit 1');
    await expect(asked).rejects.toThrow('port-forward --namespace events --address 127.0.0.1 deploy/console :9090');
  });

  it('says what kubectl said when it cannot', async () => {
    const failed = open('echo "error: unable to forward port because pod is not running" >&2; exit 1');
    await expect(failed).rejects.toThrow(
      'no port-forward to deploy/console: error: unable to forward port because pod is not running',
    );
  });

  it('says when there is no kubectl', async () => {
    const missing = openPortForward({ namespace: 'events', target: 'deploy/x', port: 1, kubectl: join(folder, 'none') });
    await expect(missing).rejects.toThrow('ENOENT');
  });
});

describe('forwardedPort', () => {
  it('reads the line that tells the port, and no other', () => {
    expect(forwardedPort('Forwarding from 127.0.0.1:40123 -> 8080')).toBe(40_123);
    expect(forwardedPort('Handling connection for 40123')).toBeUndefined();
  });
});
