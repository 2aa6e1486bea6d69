import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { tailOf } from '../../stack/native-process.ts';
import { SAMPLED_RATIO } from './bench-event.ts';
import type { VariantMessage, VariantPlan } from './plan.ts';

/** Where and how the processes of variants run. */
export interface VariantEnvironment {
  /** Receives their logs. */
  readonly logFolder: string;
  /** Takes the spans of our side; nothing keeps them. */
  readonly tracesUrl: string;
  readonly signal: AbortSignal;
}

/** A variant at work in a process of its own. */
export interface VariantProcess {
  /** Rejects when the process ended without having said so. */
  next(isWanted: (message: VariantMessage) => boolean, timeoutMs: number): Promise<VariantMessage>;
  /** Lets it stop, by force after 30 s. @throws {Error} when it ended badly */
  stop(): Promise<void>;
}

/** Starts `variants/<program>.ts`; ours with the tracing that services have, a tenth of the traces sampled. */
export function startVariant(program: string, plan: VariantPlan, environment: VariantEnvironment): VariantProcess {
  const { logFolder, tracesUrl, signal } = environment;
  const isOurs = program.startsWith('throughline-');
  mkdirSync(logFolder, { recursive: true });
  const logFile = join(logFolder, `${program}.log`);
  const log = openSync(logFile, 'w');
  const child = fork(join(import.meta.dirname, 'variants', `${program}.ts`), [JSON.stringify(plan)], {
    stdio: ['ignore', log, log, 'ipc'],
    // A Ctrl-C at the terminal reaches the parent only, which ends its children in order.
    detached: true,
    execArgv: [...(isOurs ? ['--import', '@throughline/telemetry/register'] : []), ...profileArguments()],
    env: { ...process.env, NODE_ENV: 'production', ...(isOurs && tracing(tracesUrl)) },
  });
  closeSync(log);
  const exited = once(child, 'exit');
  const kill = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  void exited.then(() => signal.removeEventListener('abort', kill));
  return {
    next: async (isWanted, timeoutMs) => {
      const { promise, resolve, reject } = Promise.withResolvers<VariantMessage>();
      const onMessage = (message: unknown) => void (isWanted(message as VariantMessage) && resolve(message as VariantMessage));
      const onExit = () => reject(new Error(`${program} ended before its time:\n${endOf(logFile)}`));
      const timer = setTimeout(() => reject(new Error(`${program} was not done in time:\n${endOf(logFile)}`)), timeoutMs);
      child.on('message', onMessage).on('exit', onExit);
      try {
        if (child.exitCode !== null || child.signalCode !== null) onExit();
        return await promise;
      } catch (error) {
        kill();
        throw error;
      } finally {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
      }
    },
    stop: async () => {
      const timer = setTimeout(kill, 30_000);
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const [code, endedBy] =
        child.exitCode === null && child.signalCode === null ? await exited : [child.exitCode, child.signalCode];
      clearTimeout(timer);
      if (code !== 0) throw new Error(`${program} did not stop in order (${endedBy ?? code}):\n${endOf(logFile)}`);
    },
  };
}

/** Log lines carry stacks: their beginnings say what happened. */
function endOf(logFile: string): string {
  const lines = tailOf(logFile).split('\n');
  return lines.map((line) => line.slice(0, 400)).join('\n');
}

function tracing(endpoint: string): NodeJS.ProcessEnv {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: String(SAMPLED_RATIO),
    OTEL_NODE_RESOURCE_DETECTORS: 'none',
  };
}

/** `BENCH_PROFILE=<folder>` writes a processor profile of each variant there. */
function profileArguments(): string[] {
  const folder = process.env.BENCH_PROFILE;
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}
