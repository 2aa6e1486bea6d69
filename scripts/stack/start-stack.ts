import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ComponentContext, type ComponentName, pidFileOf, type RunningComponent } from './component.ts';
import { chooseKind, openKinds } from './component-kinds.ts';
import { KAFKA_IMAGE, missingForKafka, startKafka } from './kafka.ts';
import { type MissingProgram, requirePrograms } from './missing-programs.ts';
import { stopLeftover } from './native-process.ts';
import { type PortName, portChooser } from './port-chooser.ts';
import { POSTGRES_IMAGE, startPostgres } from './postgres.ts';
import { type Progress, secondsSince } from './progress.ts';
import { missingForRedis, REDIS_IMAGE, startRedis } from './redis.ts';
import { openSecrets } from './secrets.ts';
import { removeLeftoverPolicy } from './service-start-policy.ts';
import { StackError } from './stack-error.ts';

/** How each part may be given, which image it is in Docker, and what it needs as a process of this machine. */
const SOURCES: Readonly<
  Record<ComponentName, { variable: string; image: string; missing: () => Promise<readonly MissingProgram[]> }>
> = {
  kafka: { variable: 'KAFKA_BROKERS', image: KAFKA_IMAGE, missing: missingForKafka },
  postgres: { variable: 'DATABASE_URL', image: POSTGRES_IMAGE, missing: async () => [] },
  redis: { variable: 'REDIS_URL', image: REDIS_IMAGE, missing: missingForRedis },
};

/** How the local stack is started. */
export interface StackOptions {
  /** Where data, logs and generated passwords are kept from one start to the next. */
  readonly dataDir: string;
  /** Which parts to start, default all. */
  readonly names?: readonly ComponentName[];
  readonly progress: Progress;
  /** Wished ports, before those of the last start and the usual ones; 0 means any free one. */
  readonly ports?: Partial<Record<PortName, number>>;
  /** The port that Kafka tells its clients, such as that of a proxy. (Default: its own) */
  readonly advertisedKafkaPort?: number;
  /** Addresses of existing ones, such as `process.env`. */
  readonly given: { readonly [variable: string]: string | undefined };
  /** Aborts a start that is under way. */
  readonly signal?: AbortSignal;
  /** Told when a part ends by itself after it was ready. */
  readonly onEnded?: (name: ComponentName, how: string) => void;
}

/** Where the parts of the stack are reached; empty for one that was not asked for. */
export interface StackAddresses {
  readonly kafkaBrokers: string;
  /** The superuser's URL. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

/** A stack that is ready. */
export interface Stack {
  readonly addresses: StackAddresses;
  stop(): Promise<void>;
}

/**
 * Brings up Kafka, Postgres and Redis side by side, each from an address in `given`, else Docker, else as a process
 * of this machine.
 * @throws {StackError} when one of them cannot be started; the others are stopped before.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { dataDir, names = ['kafka', 'postgres', 'redis'], progress, given, onEnded } = options;
  mkdirSync(dataDir, { recursive: true });
  removeLeftoverPolicy();
  // Before ports are chosen: what a killed run left behind still holds those of the last start.
  await Promise.all(names.map((name) => stopLeftover(pidFileOf(dataDir, name))));
  const abort = new AbortController();
  const signal = options.signal === undefined ? abort.signal : AbortSignal.any([options.signal, abort.signal]);
  const choosePort = portChooser(dataDir, options.ports ?? {});
  const secrets = openSecrets(join(dataDir, 'secrets.json'));
  const kinds = openKinds(dataDir);
  const contextOf = async (name: ComponentName): Promise<ComponentContext> => {
    const { variable, image } = SOURCES[name];
    const context = {
      dataDir,
      givenAddress: given[variable] || undefined,
      secrets,
      port: () => choosePort(name),
      progress,
      signal,
    };
    return { ...context, kind: await chooseKind({ name, variable, image, kinds, context }) };
  };
  // All before any: what is missing is said at once, and nothing has to be stopped.
  const contexts = await Promise.all(names.map(contextOf));
  const natives = names.filter((_name, index) => contexts[index]?.kind === 'native');
  await requirePrograms(async () => (await Promise.all(natives.map((name) => SOURCES[name].missing()))).flat());
  const starters: Record<ComponentName, (context: ComponentContext) => Promise<RunningComponent>> = {
    kafka: (context) =>
      startKafka({
        ...context,
        controllerPort: () => choosePort('kafkaController'),
        advertisedPort: options.advertisedKafkaPort,
      }),
    postgres: startPostgres,
    redis: startRedis,
  };
  const start = async (name: ComponentName, context: ComponentContext) => {
    try {
      const component = await startReported(name, () => starters[name](context), progress);
      kinds.remember(name, context.kind);
      return component;
    } catch (error) {
      abort.abort(error);
      throw error;
    }
  };
  const running = await allOrNone(names.map((name, index) => start(name, contexts[index] as ComponentContext)));
  return superviseStack(running, onEnded);
}

async function startReported(
  name: ComponentName,
  start: () => Promise<RunningComponent>,
  progress: Progress,
): Promise<RunningComponent> {
  const startedAt = performance.now();
  const timer = setTimeout(() => progress(name, 'starting …'), 1_000);
  try {
    const component = await start();
    progress(name, `ready in ${secondsSince(startedAt)} on ${withoutPassword(component.address)}`);
    return component;
  } finally {
    clearTimeout(timer);
  }
}

/** An address fit for the terminal. */
function withoutPassword(address: string): string {
  return address.replace(/\/\/[^@/]*@/, '//');
}

/** Waits for all starts; when one failed the others are stopped and its error is thrown. */
async function allOrNone(starts: readonly Promise<RunningComponent>[]): Promise<RunningComponent[]> {
  const results = await Promise.allSettled(starts);
  const running = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
  const errors = results.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
  if (errors.length === 0) return running;
  await Promise.all(running.map((component) => component.stop()));
  const isConsequence = (error: unknown) => error instanceof StackError && error.code === 'ABORTED';
  throw errors.find((error) => !isConsequence(error)) ?? errors[0];
}

function superviseStack(running: readonly RunningComponent[], onEnded: StackOptions['onEnded']): Stack {
  let isStopping = false;
  for (const { name, ended } of running) {
    void ended.then((how) => {
      if (!isStopping) onEnded?.(name, how);
    });
  }
  const addressOf = (name: ComponentName) => running.find((component) => component.name === name)?.address ?? '';
  return {
    addresses: { kafkaBrokers: addressOf('kafka'), databaseUrl: addressOf('postgres'), redisUrl: addressOf('redis') },
    async stop() {
      isStopping = true;
      await Promise.all(running.map((component) => component.stop()));
    },
  };
}
