import type { Logger } from '@throughline/telemetry';

/** Ends something that was started; resolves when it is over. */
export type Release = () => Promise<void> | void;

/** What was started, in order, so that it can be ended in the reverse order. */
export interface Releasers {
  add(name: string, release: Release): void;
  /** Releases everything, newest first, one after the other; one that fails is logged and does not keep the others. True = all went well. */
  releaseAll(): Promise<boolean>;
  /** The one that is being released now, to name what hangs. */
  current(): string | undefined;
}

export function createReleasers(logger: Logger): Releasers {
  const entries: { name: string; release: Release }[] = [];
  let current: string | undefined;
  return {
    add: (name, release) => {
      entries.push({ name, release });
    },
    current: () => current,
    releaseAll: async () => {
      let isClean = true;
      for (let entry = entries.pop(); entry !== undefined; entry = entries.pop()) {
        current = entry.name;
        const startedAtMs = performance.now();
        try {
          await entry.release();
          logger.debug(
            { released: entry.name, durationMs: Math.round(performance.now() - startedAtMs) },
            `Stopped ${entry.name}`,
          );
        } catch (error) {
          isClean = false;
          logger.error({ err: error, released: entry.name }, `Stopping ${entry.name} failed`);
        }
      }
      current = undefined;
      return isClean;
    },
  };
}
