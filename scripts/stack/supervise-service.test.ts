import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPortFinder } from './ports.ts';
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
});
