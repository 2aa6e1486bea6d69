import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type QueueFigures, readQueue } from '../intake-client/read-queue.ts';
import { NODE_ARGUMENTS } from '../stack/node-arguments.ts';
import { createPortFinder, LOOPBACK } from '../stack/ports.ts';
import type { Progress } from '../stack/progress.ts';
import { openSecrets } from '../stack/secrets.ts';
import { type ServicePorts, serviceEnvironment } from '../stack/service-environment.ts';
import type { StackAddresses } from '../stack/start-stack.ts';
import { edge, type ServiceDeclaration, type SystemContext, servicesOf } from '../systems.ts';
import { type IntakeProcess, startIntakeProcess } from './intake-process.ts';

export interface IntakeServicesOptions {
  /** Logs, pid files and generated secrets. */
  readonly dataDir: string;
  readonly addresses: StackAddresses;
  readonly progress: Progress;
  /** Variables of all services, such as `ORDERS_TOPIC`. */
  readonly env?: Readonly<Record<string, string>>;
  /** In front of the databases' names. (Default: nothing) */
  readonly databasePrefix?: string;
  /** The worker's. (Default: `intake.worker`) */
  readonly group?: string;
}

/** The intake alone: who runs it may stop, kill and start its worker, which nobody starts again by himself. */
export interface IntakeServices {
  /** In front of all. */
  readonly edgeUrl: string;
  /** The api's own address. */
  readonly apiUrl: string;
  readonly api: IntakeProcess;
  /** The first one. */
  readonly worker: IntakeProcess;
  /** Starts a worker where the one before was; that must be gone. The name is that of its log. */
  startWorker(name: string): Promise<IntakeProcess>;
  /** What the api shows of the worker's queue. */
  readQueue(): Promise<QueueFigures>;
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..');
const WORKER = 'intake-worker';

/** Starts accounts, api and edge, and a worker as `intake-worker`. @throws {StackError} when one does not get ready; the others are stopped before. */
export async function startIntakeServices(options: IntakeServicesOptions): Promise<IntakeServices> {
  const { group = 'intake.worker' } = options;
  const { context, environmentOf, services } = await prepare(options);
  const started: IntakeProcess[] = [];
  const start = async (service: ServiceDeclaration, name = service.name) => {
    const child = await startIntakeProcess({
      ...options,
      name,
      root: ROOT,
      args: [...NODE_ARGUMENTS, service.entry],
      env: await environmentOf(service),
      niceness: service.niceness,
    });
    started.push(child);
    return child;
  };
  const stop = async () => {
    await Promise.all(started.map((child) => child.stop()));
  };
  try {
    const [api, worker] = await Promise.all([
      start(namedIn(services, 'intake-api')),
      start(namedIn(services, WORKER)),
      start(namedIn(services, 'storage-auth')),
    ]);
    await start(edge);
    const queue = { opsUrl: context.opsUrl('intake-api'), operationsToken: context.secret('operationsToken'), group };
    return {
      edgeUrl: context.httpUrl(edge.name),
      apiUrl: context.httpUrl('intake-api'),
      api,
      worker,
      startWorker: (name) => start(namedIn(services, WORKER), name),
      readQueue: () => readQueue(queue),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function namedIn(services: readonly ServiceDeclaration[], name: string): ServiceDeclaration {
  const service = services.find((candidate) => candidate.name === name);
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return service;
}

/** Ports, secrets and what the services are told. */
async function prepare({ dataDir, addresses, env = {}, databasePrefix = '' }: IntakeServicesOptions) {
  const services = servicesOf(['intake']).map((service) =>
    service.database === undefined ? service : { ...service, database: databasePrefix + service.database },
  );
  const secrets = openSecrets(join(dataDir, 'secrets.json'));
  const findPort = createPortFinder();
  const ports = new Map<string, { http: number; ops: number }>();
  for (const { name } of [...services, edge]) ports.set(name, { http: await findPort([]), ops: await findPort([]) });
  const context = contextOf({ dataDir, ports, services, secret: (name) => secrets.get(name, newSecret) });
  const environmentOf = async (service: ServiceDeclaration) => {
    // Without the console, which would take part of what is measured.
    const { CONSOLE_OPS_URL: _console, ...own } = await serviceEnvironment({ service, ports, context, secrets, addresses });
    return { ...own, ...env };
  };
  return { services, context, environmentOf };
}

function contextOf(options: {
  dataDir: string;
  ports: ServicePorts;
  services: readonly ServiceDeclaration[];
  secret: SystemContext['secret'];
}): SystemContext {
  const { dataDir, ports, services, secret } = options;
  const httpUrl = (name: string) => `http://${LOOPBACK}:${ports.get(name)?.http}`;
  return {
    dataDir,
    secret,
    httpUrl,
    opsUrl: (name) => `http://${LOOPBACK}:${ports.get(name)?.ops}`,
    edgeUrl: httpUrl(edge.name),
    services: services.map(({ name }) => name),
    administrator: { email: 'admin@throughline.example', password: secret('administratorPassword') },
  };
}

const newSecret = () => randomBytes(32).toString('base64');
