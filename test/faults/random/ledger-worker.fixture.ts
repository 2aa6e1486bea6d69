import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '@throughline/telemetry';
import { openLedgerService } from '../ledger-service.ts';
import { publishLoad } from './publish-load.ts';
import type { WorkerTask } from './worker-task.ts';

// A process of a run under faults. Argument: a WorkerTask as JSON. SIGTERM ends it in order.

const RETRY_START_MS = 500;
const { config, publishes, group } = JSON.parse(process.argv[2] ?? '{}') as WorkerTask;
const logger = createLogger({ name: config.name, level: 'info' });
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort());
// The run is gone.
process.once('disconnect', () => process.exit(1));

const service = await openLedgerService(config, logger);
const running: Promise<void>[] = [];
if (publishes !== undefined) {
  await service.relay.start();
  running.push(publishLoad(service, publishes, { logger, signal: stopping.signal }));
}
if (group !== undefined) {
  let hasJoined = false;
  // A store may be away just now.
  while (!hasJoined && !stopping.signal.aborted) {
    hasJoined = await service.join(group).then(
      () => true,
      async (error: unknown) => {
        logger.warn({ err: error }, 'Could not join the group yet');
        await delay(RETRY_START_MS);
        return false;
      },
    );
  }
}
// Members have only sockets and timers of their own to keep them alive, which may all be gone for a moment.
const keepAlive = setInterval(() => {}, 60_000);
if (!stopping.signal.aborted) await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve));
await Promise.all(running);
await service.close();
clearInterval(keepAlive);
logger.info('Stopped');
process.removeAllListeners('disconnect');
process.disconnect();
