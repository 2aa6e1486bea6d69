import type { Health } from '@throughline/http';

/** Resolves when all is well; a rejection's message is what the probe shows. */
export type HealthCheck = () => Promise<void> | void;

export interface HealthCheckOptions {
  /** False: a failure is shown as `degraded` and the whole stays healthy. (Default: true) */
  readonly isRequired?: boolean;
}

export interface HealthChecks {
  add(name: string, check: HealthCheck, options?: HealthCheckOptions): void;
  run(): Promise<Health>;
}

export interface HealthChecksOptions {
  /** A result is used again for so long, so that probes do not become load, milliseconds. (Default: 1 000) */
  readonly cacheMs?: number;
  /** A check that takes longer has failed, milliseconds. (Default: 2 000) */
  readonly timeoutMs?: number;
}

/** Named checks, run side by side; probes that ask while a run is under way get its result. */
export function createHealthChecks(options: HealthChecksOptions = {}): HealthChecks {
  const { cacheMs = 1_000, timeoutMs = 2_000 } = options;
  const checks = new Map<string, NamedCheck>();
  let latest: { health: Promise<Health>; startedAtMs: number } | undefined;
  return {
    add: (name, check, { isRequired = true } = {}) => {
      if (checks.has(name)) throw new Error(`There is a health check ${name} already.`);
      checks.set(name, { check, isRequired });
      latest = undefined;
    },
    run: () => {
      const nowMs = performance.now();
      if (latest === undefined || nowMs - latest.startedAtMs > cacheMs)
        latest = { health: runAll(checks, timeoutMs), startedAtMs: nowMs };
      return latest.health;
    },
  };
}

interface NamedCheck {
  readonly check: HealthCheck;
  readonly isRequired: boolean;
}

interface Result {
  readonly isPassed: boolean;
  readonly text: string;
}

async function runAll(checks: ReadonlyMap<string, NamedCheck>, timeoutMs: number): Promise<Health> {
  const results = await Promise.all(
    [...checks].map(async ([name, { check, isRequired }]) => {
      const fault = await faultOf(check, timeoutMs);
      return [name, resultOf(fault, isRequired)] as const;
    }),
  );
  return {
    isHealthy: results.every(([, { isPassed }]) => isPassed),
    checks: Object.fromEntries(results.map(([name, { text }]) => [name, text])),
  };
}

function resultOf(fault: string | undefined, isRequired: boolean): Result {
  if (fault === undefined) return { isPassed: true, text: 'ok' };
  return isRequired ? { isPassed: false, text: fault } : { isPassed: true, text: `degraded: ${fault}` };
}

async function faultOf(check: HealthCheck, timeoutMs: number): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no result within ${timeoutMs} ms`), timeoutMs);
  });
  const outcome = (async () => check())().then(
    () => undefined,
    (error: unknown) => (error instanceof Error && error.message !== '' ? error.message : 'failed'),
  );
  return Promise.race([outcome, late]).finally(() => clearTimeout(timer));
}
