import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NativeProcess, startNativeProcess } from '../../scripts/stack/native-process.ts';
import { createPortFinder, LOOPBACK } from '../../scripts/stack/ports.ts';
import { operatorConsole, servicesOf, systems } from '../../scripts/systems.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const READY_TIMEOUT_MS = 60_000;

/** Services as processes of a test's own. */
export interface ServiceProcesses {
  /** `host:port` of each ops port, by the service's name; known before a service runs. */
  readonly opsAddresses: Readonly<Record<string, string>>;
  httpUrl(name: string): string;
  /** Starts a service and waits until it is ready. */
  start(name: string, env: Readonly<Record<string, string>>): Promise<void>;
  /** Folder for their files; it goes with them. */
  readonly folder: string;
  close(): Promise<void>;
}

/** Finds ports for every service that exists; none is started yet. `env` are variables of all of them. */
export async function openServiceProcesses(env: Readonly<Record<string, string>>): Promise<ServiceProcesses> {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-dashboards-'));
  const findPort = createPortFinder();
  const services = new Map<string, { entry: string; http: number; ops: number }>();
  for (const { name, entry } of [...servicesOf(Object.keys(systems)), operatorConsole]) {
    services.set(name, { entry, http: await findPort([]), ops: await findPort([]) });
  }
  const serviceOf = (name: string) => {
    const service = services.get(name);
    if (service === undefined) throw new Error(`there is no service ${name}`);
    return service;
  };
  const running: NativeProcess[] = [];
  return {
    folder,
    opsAddresses: Object.fromEntries([...services].map(([name, { ops }]) => [name, `${LOOPBACK}:${ops}`])),
    httpUrl: (name) => `http://${LOOPBACK}:${serviceOf(name).http}`,
    start: async (name, own) => {
      const { entry, http, ops } = serviceOf(name);
      const child = await startNativeProcess({
        name,
        command: process.execPath,
        args: [join(ROOT, entry)],
        cwd: ROOT,
        env: { ...process.env, ...env, ...own, HTTP_PORT: String(http), OPS_PORT: String(ops) },
        logFile: join(folder, `${name}.log`),
        pidFile: join(folder, `${name}.pid`),
      });
      running.push(child);
      const probe = async () => (await fetch(`http://${LOOPBACK}:${ops}/readyz`)).ok;
      await child.waitUntilReady({ probe, timeoutMs: READY_TIMEOUT_MS });
    },
    close: async () => {
      await Promise.all(running.map((child) => child.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
