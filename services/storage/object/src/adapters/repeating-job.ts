import type { Logger } from '@throughline/telemetry';

/** Work that runs again and again, one run at a time: after `wake`, and at the latest after its interval. */
export interface RepeatingJob {
  start(): void;
  /** Runs at once, or again after the run under way. */
  wake(): void;
  /** Waits for the run under way. */
  stop(): Promise<void>;
}

/** `work` gets a signal that aborts at stop and should end soon after; what it throws is logged and tried again after the interval. */
export function createRepeatingJob(options: {
  name: string;
  intervalMs: number;
  logger: Logger;
  work: (signal: AbortSignal) => Promise<void>;
}): RepeatingJob {
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let isWoken = false;
  let running: Promise<void> | undefined;

  async function runWhileWoken(): Promise<void> {
    clearTimeout(timer);
    try {
      while (isWoken && !stopping.signal.aborted) {
        isWoken = false;
        await options.work(stopping.signal);
      }
    } catch (error) {
      options.logger.error(
        { err: error, job: options.name },
        `The job ${options.name} failed and will run again in ${options.intervalMs} ms.`,
      );
    } finally {
      running = undefined;
      if (!stopping.signal.aborted) timer = setTimeout(wake, options.intervalMs);
    }
  }

  function wake(): void {
    isWoken = true;
    if (!stopping.signal.aborted) running ??= runWhileWoken();
  }

  return {
    start: wake,
    wake,
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
