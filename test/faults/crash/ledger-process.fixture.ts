import { createLogger } from '@throughline/telemetry';
import { decide } from '../decide.ts';
import { addEntries } from '../ledger.ts';
import { die, openLedgerService } from '../ledger-service.ts';
import { crashAt } from './crash-points.ts';
import type { CrashTask } from './crash-task.ts';

// A service of the ledger that ends itself where it is told to. Argument: a CrashTask as JSON.

const task = JSON.parse(process.argv[2] ?? '{}') as CrashTask;
const logger = createLogger({ name: task.config.name, level: 'warn' });
const interventions = task.crashPoint === undefined ? {} : crashAt(task.crashPoint);
const service = await openLedgerService(task.config, logger, interventions);

if (task.entriesBeforeCommit !== undefined) {
  const entries = task.entriesBeforeCommit;
  await service.database.transaction(async (tx) => {
    await addEntries(tx, service.publisher, entries);
    die();
  });
}
if (task.decision !== undefined) {
  await decide(service, task.decision);
  die();
}
await service.relay.start();
for (const group of task.groups) await service.join(group);
