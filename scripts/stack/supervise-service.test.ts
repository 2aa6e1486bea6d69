import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pidFileOf } from './component.ts';
import { pollUntil } from './poll-until.ts';
import { createPortFinder } from './ports.ts';
import { readIdentity } from './process-identity.ts';
import { superviseService } from './supervise-service.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'throughline-drain-'));

afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

describe('superviseService', () => {
  it('kills a service that does not drain in time, and says so', async () => {
    const findPort = createPortFinder();
    const [httpPort, opsPort] = [await findPort([]), await findPort([])];
    const lines: string[] = [];
    const service = superviseService({
      name: 'stubborn',
      command: process.execPath,
      args: [join(import.meta.dirname, 'service.fixture.ts')],
      cwd: dataDir,
      env: { HTTP_PORT: String(httpPort), OPS_PORT: String(opsPort), HOST: '127.0.0.1', IGNORES_SIGTERM: 'yes' },
      dataDir,
      readyUrl: `http://127.0.0.1:${opsPort}/readyz`,
      progress: (_name, text) => lines.push(text),
      isVerbose: false,
      drainTimeoutMs: 100,
    });
    await service.waitUntilReady();
    await service.stop();
    expect(lines).toContain('did not drain in time and was killed');
    await expect(fetch(`http://127.0.0.1:${httpPort}/`)).rejects.toThrow();
  });

  it('says that a restart failed, and keeps trying', async () => {
    const findPort = createPortFinder();
    const [httpPort, opsPort] = [await findPort([]), await findPort([])];
    const lines: string[] = [];
    const command = join(dataDir, 'node');
    symlinkSync(process.execPath, command);
    const service = superviseService({
      name: 'unlucky',
      command,
      args: [join(import.meta.dirname, 'service.fixture.ts')],
      cwd: dataDir,
      env: { HTTP_PORT: String(httpPort), OPS_PORT: String(opsPort), HOST: '127.0.0.1' },
      dataDir,
      readyUrl: `http://127.0.0.1:${opsPort}/readyz`,
      progress: (_name, text) => lines.push(text),
      isVerbose: false,
    });
    try {
      await service.waitUntilReady();
      rmSync(command);
      process.kill(readIdentity(pidFileOf(dataDir, 'unlucky'))?.pid ?? 0, 'SIGKILL');
      const failures = () => lines.filter((line) => line.startsWith('was not started (unlucky: '));
      await pollUntil({ probe: async () => failures().length > 1, timeoutMs: 4_000, description: 'two failed restarts' });
      expect(failures()[0]).toMatch(/ENOENT.*starting again in 0\.4 s$/);
      symlinkSync(process.execPath, command);
      await service.waitUntilReady();
    } finally {
      await service.stop();
    }
  });
});
