import type { Logger } from '@throughline/telemetry';

/** Ends something that was started; resolves when it is over. */
export type Release = () => Promise<void> | void;

export interface ReleaseOptions {
  /** After so many milliseconds the stop goes on without it, and the process exits with 1. Required of what may take more than a moment. (Default: no limit of its own) */
  readonly atMostMs?: number;
  /** Begins with the stop, beside what is released before it, instead of after that. (Default: false) */
  readonly beginsAtOnce?: boolean;
}

/** What was started, in order, so that it can be ended in the reverse order. */
export interface Releasers {
  add(name: string, release: Release, options?: ReleaseOptions): void;
  /** Releases everything, newest first, one after the other; one that fails is logged and does not keep the others. True = all went well. */
  releaseAll(): Promise<boolean>;
  /** The one that is being released now, to name what hangs. */
  current(): string | undefined;
  /** The longest that releasing may take as far as limits were given, milliseconds, with those that have one. */
  longest(): { readonly totalMs: number; readonly parts: readonly string[] };
}

interface Entry extends ReleaseOptions {
  readonly name: string;
  /** Once, whoever calls first. */
  readonly release: () => Promise<void>;
}

export function createReleasers(logger: Logger): Releasers {
  const entries: Entry[] = [];
  let current: string | undefined;
  const release = async (entry: Entry): Promise<boolean> => {
    current = entry.name;
    const startedAtMs = performance.now();
    try {
      await entry.release();
      logger.debug({ released: entry.name, durationMs: Math.round(performance.now() - startedAtMs) }, `Stopped ${entry.name}`);
      return true;
    } catch (error) {
      logger.error({ err: error, released: entry.name }, `Stopping ${entry.name} failed`);
      return false;
    }
  };
  return {
    add: (name, run, options = {}) => {
      entries.push({ ...options, name, release: once(() => withinLimit(run, options.atMostMs)) });
    },
    current: () => current,
    longest: () => longestOf(entries),
    releaseAll: async () => {
      // What fails is heard of when its turn comes.
      for (const entry of entries.filter(({ beginsAtOnce }) => beginsAtOnce)) entry.release().catch(() => {});
      let isClean = true;
      for (let entry = entries.pop(); entry !== undefined; entry = entries.pop()) isClean = (await release(entry)) && isClean;
      current = undefined;
      return isClean;
    },
  };
}

function longestOf(entries: readonly Entry[]): ReturnType<Releasers['longest']> {
  const limited = entries.toReversed().filter(({ atMostMs }) => atMostMs !== undefined);
  const totalMs = limited.reduce(
    (afterMs, { atMostMs = 0, beginsAtOnce }) => (beginsAtOnce ? Math.max(afterMs, atMostMs) : afterMs + atMostMs),
    0,
  );
  return { totalMs, parts: limited.map(({ name, atMostMs }) => `${name} ${atMostMs}`) };
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}

async function withinLimit(run: Release, limitMs: number | undefined): Promise<void> {
  if (limitMs === undefined) return run();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It took longer than ${limitMs} ms.`)), limitMs);
  });
  await Promise.race([(async () => run())(), late]).finally(() => clearTimeout(timer));
}
