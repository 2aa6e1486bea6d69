import { createOpsServer, type Health, type Route } from '@throughline/http';
import { createLogger, createMetrics, flushSpans, type Logger, type LogLevel, type Metrics } from '@throughline/telemetry';
import { checkStop } from './check-stop.ts';
import { createHealthChecks, type HealthCheck, type HealthCheckOptions, type HealthChecks } from './health-checks.ts';
import { createReleasers, type Release, type ReleaseOptions, type Releasers } from './releasers.ts';

export interface ServiceConfig {
  readonly host: string;
  readonly httpPort: number;
  /** Where health and metrics are served. */
  readonly opsPort: number;
  readonly logLevel: LogLevel;
  /** How long the start waits for each store that is not up yet; then the process exits with 1. (Default: 60 000) */
  readonly startDeadlineMs?: number;
  /** All stopping together may take so long; then the process exits with 1. Must be below the platform's grace period. (Default: 24 000) */
  readonly drainDeadlineMs?: number;
  /** What the platform gives between SIGTERM and SIGKILL; a start with less than `drainDeadlineMs` is refused. (Default: not known) */
  readonly terminationGraceMs?: number | undefined;
  /** Whoever has it may call the operations API on the ops port; without it there is none. */
  readonly operationsToken?: string | undefined;
}

/** What a service is built with. */
export interface ServiceRuntime {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Aborts when the service is told to stop, also while it is still being built. */
  readonly stopping: AbortSignal;
  /** How long to wait for what is not up yet. (Default: 60 000) */
  readonly startDeadlineMs?: number | undefined;
  /** Call it right after something was started: at the end everything is released in the reverse order. What may take longer than a moment says how long, and the sum is checked at the start. */
  onStop(name: string, release: Release, options?: ReleaseOptions): void;
  /** The service takes traffic only while every required one of these resolves. */
  addReadiness(name: string, check: HealthCheck, options?: HealthCheckOptions): void;
  /** The platform restarts the process when one of these rejects: check progress, never the health of stores. */
  addLiveness(name: string, check: HealthCheck): void;
  /** What people may do to the service, below `/operations` on the ops port; once. */
  addOperations(routes: readonly Route[]): void;
}

export interface RunServiceOptions {
  /** `<system>.<service>`: in log lines and on metrics. */
  readonly name: string;
  readonly config: ServiceConfig;
  /** Starts everything, in the order of its calls; when it resolves the service is ready. */
  readonly build: (runtime: ServiceRuntime) => Promise<void>;
}

/** A collector that is away must not hold up the stop. */
const FLUSH_TIMEOUT_MS = 2_000;

/**
 * Runs a service for the life of the process. SIGTERM or SIGINT: not ready any more, everything released newest first, exit 0.
 * Exit 1: the start failed, something was thrown that nobody caught, stopping failed or took longer than the deadline (the log names what hung), or a second signal came.
 * A service whose parts may take longer to stop than `drainDeadlineMs` does not start.
 */
export async function runService(options: RunServiceOptions): Promise<void> {
  const startedAtMs = performance.now();
  const { name, config } = options;
  const logger = createLogger({ name, level: config.logLevel });
  const metrics = createMetrics({ service: name, withProcessMetrics: true });
  const { drainDeadlineMs = 24_000, terminationGraceMs } = config;
  const supervised = superviseProcess({ logger, drainDeadlineMs });
  const readiness = createHealthChecks();
  const liveness = createHealthChecks();
  const ops = createOpsServer({
    readiness: () => readinessOf(supervised, readiness),
    liveness: () => liveness.run(),
    metrics,
    logger,
  });
  try {
    const { port } = await ops.listen({ host: config.host, port: config.opsPort });
    supervised.releasers.add('ops server', () => ops.close());
    await options.build({
      logger,
      metrics,
      stopping: supervised.stopping,
      startDeadlineMs: config.startDeadlineMs,
      onStop: supervised.releasers.add,
      addReadiness: readiness.add,
      addLiveness: liveness.add,
      addOperations: (routes) => {
        if (config.operationsToken === undefined) return;
        const unmount = ops.mount({ routes, token: config.operationsToken });
        // Before what they work with is closed.
        supervised.releasers.add('operations', unmount);
      },
    });
    if (supervised.stopping.aborted) return;
    checkStop(supervised.releasers, { drainDeadlineMs, terminationGraceMs });
    supervised.markStarted();
    logger.info({ opsPort: port, durationMs: Math.round(performance.now() - startedAtMs) }, `${name} is ready`);
  } catch (error) {
    if (supervised.stopping.aborted) return;
    supervised.fail(error, `${name} could not start`);
  }
}

async function readinessOf(supervised: SupervisedProcess, checks: HealthChecks): Promise<Health> {
  const state = supervised.state();
  if (state !== 'started') return { isHealthy: false, checks: { service: state } };
  return checks.run();
}

interface SupervisedProcess {
  readonly releasers: Releasers;
  readonly stopping: AbortSignal;
  state(): 'starting' | 'started' | 'stopping';
  markStarted(): void;
  /** Logs the error, releases what was started, exits with 1. */
  fail(error: unknown, sentence: string): void;
}

function superviseProcess(options: { logger: Logger; drainDeadlineMs: number }): SupervisedProcess {
  const { logger, drainDeadlineMs } = options;
  const releasers = createReleasers(logger);
  const stopping = new AbortController();
  let hasStarted = false;

  const stop = (exitCode: 0 | 1) => {
    stopping.abort(new Error('The service is stopping.'));
    setTimeout(() => {
      logger.fatal(
        { hung: releasers.current() },
        `Stopping took longer than ${drainDeadlineMs} ms; ${releasers.current() ?? 'nothing'} hung`,
      );
      process.exit(1);
    }, drainDeadlineMs);
    void releasers.releaseAll().then(async (isClean) => {
      await flushSpans(FLUSH_TIMEOUT_MS).catch((error: unknown) =>
        logger.warn({ err: error }, 'The last spans could not be exported'),
      );
      logger.info('Stopped');
      process.exit(isClean ? exitCode : 1);
    });
  };
  const fail = (error: unknown, sentence: string) => {
    logger.fatal({ err: error }, sentence);
    if (!stopping.signal.aborted) stop(1);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) {
      logger.fatal(
        { signal, hung: releasers.current() },
        `${signal} came a second time while ${releasers.current() ?? 'nothing'} was being stopped`,
      );
      process.exit(1);
    }
    logger.info({ signal }, `${signal}: stopping`);
    stop(0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('uncaughtException', (error) => fail(error, 'An error was thrown that nobody caught'));
  process.on('unhandledRejection', (error) => fail(error, 'A promise was rejected and nobody looked'));
  return {
    releasers,
    stopping: stopping.signal,
    state: () => (stopping.signal.aborted ? 'stopping' : hasStarted ? 'started' : 'starting'),
    markStarted: () => {
      hasStarted = true;
    },
    fail,
  };
}
