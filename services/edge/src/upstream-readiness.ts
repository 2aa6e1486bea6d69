/** Where a service says whether it is ready. */
export interface OpsAddress {
  readonly name: string;
  readonly readyUrl: URL;
}

/** How the services behind the edge are. */
export interface Readiness {
  readonly isReady: boolean;
  /** By name: `ready`, `not ready` or `unreachable`. */
  readonly services: Readonly<Record<string, string>>;
}

export interface UpstreamReadinessOptions {
  readonly services: readonly OpsAddress[];
  /** A service that does not answer within the time is unreachable, milliseconds. (Default: 2 000) */
  readonly timeoutMs?: number;
  /** Answers are shared for so long, milliseconds, so that probes cannot multiply. (Default: 500) */
  readonly maxAgeMs?: number;
  /** (Default: Date.now) */
  readonly clock?: () => number;
}

/** Asks every service; the edge is ready when all of them are. */
export function createUpstreamReadiness(options: UpstreamReadinessOptions): () => Promise<Readiness> {
  const { services, timeoutMs = 2_000, maxAgeMs = 500, clock = Date.now } = options;
  let latest: { readonly askedAtMs: number; readonly readiness: Promise<Readiness> } | undefined;
  return () => {
    if (latest === undefined || clock() - latest.askedAtMs >= maxAgeMs) {
      latest = { askedAtMs: clock(), readiness: askAll(services, timeoutMs) };
    }
    return latest.readiness;
  };
}

async function askAll(services: readonly OpsAddress[], timeoutMs: number): Promise<Readiness> {
  const states = await Promise.all(services.map(async ({ name, readyUrl }) => [name, await ask(readyUrl, timeoutMs)] as const));
  return { isReady: states.every(([, state]) => state === 'ready'), services: Object.fromEntries(states) };
}

async function ask(url: URL, timeoutMs: number): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    await answer.body?.cancel();
    return answer.ok ? 'ready' : 'not ready';
  } catch {
    return 'unreachable';
  }
}
