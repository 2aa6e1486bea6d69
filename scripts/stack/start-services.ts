import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceDeclaration, SystemContext } from '../systems.ts';
import { pollUntil } from './poll-until.ts';
import { createPortFinder, LOOPBACK } from './ports.ts';
import type { Progress } from './progress.ts';
import { writeRunState } from './run-state.ts';
import { openSecrets, type Secrets, writePrivateFile } from './secrets.ts';
import { type ServicePorts, serviceEnvironment } from './service-environment.ts';
import { StackError } from './stack-error.ts';
import type { StackAddresses } from './start-stack.ts';
import { answersOk, type SupervisedService, superviseService } from './supervise-service.ts';

/** What the services of the systems are started with. */
export interface ServicesOptions {
  /** The repository's root, where entries are found. */
  readonly root: string;
  readonly dataDir: string;
  readonly services: readonly ServiceDeclaration[];
  readonly edge: ServiceDeclaration;
  readonly edgePort: number;
  readonly addresses: StackAddresses;
  /** Arguments of Node before the entry. */
  readonly nodeArguments: readonly string[];
  readonly progress: Progress;
  readonly isVerbose: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Services that are ready. */
export interface RunningServices {
  readonly edgeUrl: string;
  /** Ends the edge, then all others side by side. */
  stop(): Promise<void>;
}

/**
 * Starts all services, waits until they are ready, notes where they are (`run/addresses.json`), and then starts the edge.
 * @throws {StackError} when one does not get ready; the others are stopped before.
 */
export async function startServices(options: ServicesOptions): Promise<RunningServices> {
  const { services, edge, edgePort, dataDir, addresses, progress, signal } = options;
  const { kafkaBrokers, redisUrl } = addresses;
  const secrets = openSecrets(join(dataDir, 'secrets.json'));
  const ports = await choosePorts(services, { ...edge, ports: { ...edge.ports, http: edgePort } });
  const context = systemContext({
    dataDir,
    ports,
    secrets,
    edgeUrl: `http://localhost:${edgePort}`,
    services: services.map(({ name }) => name),
  });
  const names = [...ports.keys()];
  const urls = Object.fromEntries(names.map((name) => [name, { httpUrl: context.httpUrl(name), opsUrl: context.opsUrl(name) }]));
  const started: SupervisedService[] = [];
  const stopping = new AbortController();
  const anySignal = signal === undefined ? stopping.signal : AbortSignal.any([signal, stopping.signal]);
  const start = async (service: ServiceDeclaration) => {
    const env = await serviceEnvironment({ service, ports, context, secrets, addresses });
    // Making a database takes a while: nothing may be launched behind a stop.
    if (anySignal.aborted) throw new StackError('ABORTED', `${service.name} was not started`, { cause: anySignal.reason });
    const supervised = launch(service, env, { ...options, signal: anySignal });
    started.push(supervised);
    await supervised.waitUntilReady();
  };
  const starting = services.map(start);
  const stop = async () => {
    stopping.abort();
    await Promise.allSettled(starting);
    await Promise.all(started.filter(({ name }) => name === edge.name).map((service) => service.stop()));
    await Promise.all(started.map((service) => service.stop()));
  };
  try {
    await Promise.all(starting);
    // Before the edge answers: who finds it healthy finds this note as well.
    writeRunState(dataDir, { edgeUrl: context.edgeUrl, kafkaBrokers, redisUrl, services: urls });
    await start(edge);
    const healthUrl = `http://${LOOPBACK}:${edgePort}/healthz`;
    await pollUntil({ probe: () => answersOk(healthUrl), timeoutMs: 30_000, description: healthUrl, signal });
  } catch (error) {
    if (!signal?.aborted) progress('services', 'not all of them got ready, stopping …');
    await stop();
    throw error;
  }
  return { edgeUrl: context.edgeUrl, stop };
}

function launch(service: ServiceDeclaration, env: NodeJS.ProcessEnv, options: ServicesOptions): SupervisedService {
  const { root, dataDir, nodeArguments, progress, isVerbose, signal } = options;
  return superviseService({
    name: service.name,
    command: process.execPath,
    args: [...nodeArguments, service.entry],
    cwd: root,
    env,
    niceness: service.niceness,
    dataDir,
    readyUrl: `http://${LOOPBACK}:${env.OPS_PORT}/readyz`,
    progress,
    isVerbose,
    signal,
  });
}

/** The edge's own port is fixed (the caller has seen that it is free), all others move when they are taken. */
async function choosePorts(services: readonly ServiceDeclaration[], edge: ServiceDeclaration): Promise<ServicePorts> {
  const findPort = createPortFinder();
  const ports = new Map([[edge.name, { http: await findPort([edge.ports.http]), ops: await findPort([edge.ports.ops]) }]]);
  for (const { name, ports: wished } of services) {
    ports.set(name, { http: await findPort([wished.http]), ops: await findPort([wished.ops]) });
  }
  return ports;
}

function systemContext(
  options: { ports: ServicePorts; secrets: Secrets } & Pick<SystemContext, 'dataDir' | 'edgeUrl' | 'services'>,
): SystemContext {
  const { dataDir, ports, secrets, edgeUrl, services } = options;
  return {
    edgeUrl,
    dataDir,
    httpUrl: (service) => `http://${LOOPBACK}:${ports.get(service)?.http}`,
    opsUrl: (service) => `http://${LOOPBACK}:${ports.get(service)?.ops}`,
    services,
    secret: (name) => secrets.get(name, () => randomBytes(32).toString('base64')),
    administrator: readOrMakeAdministrator(join(dataDir, 'credentials.json')),
  };
}

function readOrMakeAdministrator(file: string): SystemContext['administrator'] {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as SystemContext['administrator'];
  const administrator = { email: 'admin@throughline.example', password: randomBytes(18).toString('base64url') };
  writePrivateFile(file, `${JSON.stringify(administrator, null, 2)}\n`);
  return administrator;
}
