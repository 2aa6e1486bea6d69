import { setTimeout as delay } from 'node:timers/promises';
import { isEventError } from '@throughline/events';
import type { Logger } from '@throughline/telemetry';

export interface RetryWhileStartingOptions {
  /** What is being waited for, as it reads in the log: `the database`. */
  readonly subject: string;
  readonly logger: Logger;
  /** Ends the waiting. */
  readonly stopping: AbortSignal;
  /** (Default: 60 000) */
  readonly startDeadlineMs?: number | undefined;
}

/** How long a start waits for what is not up yet. */
export const DEFAULT_START_DEADLINE_MS = 60_000;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 2_000;
/** A start of a few hundred milliseconds too early is nobody's concern. */
const SILENT_MS = 1_000;

/**
 * Stores and services start in any order: tries again, with growing pauses, what failed and may pass.
 * @throws what `attempt` throws when it cannot pass, or still fails at the deadline.
 */
export async function retryWhileStarting<Result>(
  options: RetryWhileStartingOptions,
  attempt: () => Promise<Result>,
): Promise<Result> {
  const { subject, logger, stopping, startDeadlineMs = DEFAULT_START_DEADLINE_MS } = options;
  const startedAtMs = performance.now();
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
    try {
      return await attempt();
    } catch (error) {
      const waitedMs = performance.now() - startedAtMs;
      if (!isEventError(error) || !error.retryable || waitedMs + delayMs > startDeadlineMs) throw error;
      if (waitedMs > SILENT_MS)
        logger.warn({ err: error }, `Waiting for ${subject} since ${Math.round(waitedMs / 1000)} s: ${error.message}`);
      await delay(delayMs, undefined, { signal: stopping });
    }
  }
}
