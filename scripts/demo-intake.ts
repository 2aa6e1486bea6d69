import type { IntakeDemo } from './demo/intake-demo.ts';
import { createIntakeOperations } from './demo/intake-operations.ts';
import { createOrderRefusal } from './demo/intake-refuse-order.ts';
import { INTAKE_STEPS } from './demo/intake-steps.ts';
import { runDemo } from './demo/run-demo.ts';
import { runSteps } from './demo/run-steps.ts';
import type { Installation } from './installation/installation.ts';
import { runThroughlineText } from './installation/run-throughline.ts';

const GROUP = 'intake.worker';

await runDemo({
  name: 'demo:intake',
  description: `Goes through order intake against the running stack (npm start) or a release in a cluster, and prints what it saw: accepted, repeated, conflicting and
refused orders, the queue, and an order that the worker's database refuses: its tries, its dead letter, its replay, its journey.
With the usual settings the tries take a minute and a half.`,
  run: async ({ installation, say, untilStopped }) => {
    const refusal = createOrderRefusal(installation);
    const demo: IntakeDemo = {
      edgeUrl: installation.edgeUrl,
      runId: crypto.randomUUID().slice(0, 8),
      operations: await createIntakeOperations(installation, GROUP),
      refusal,
      tellJourney: (eventId) => tellJourney(installation, eventId),
      say,
      client: undefined,
      accepted: undefined,
      refused: undefined,
    };
    try {
      await untilStopped(runSteps({ steps: INTAKE_STEPS, demo, say }));
    } finally {
      await refusal.lift();
    }
    say(`\nAll ${INTAKE_STEPS.length} steps were seen.`);
  },
});

async function tellJourney(installation: Installation, eventId: string): Promise<string> {
  return runThroughlineText({
    args: ['journey', eventId],
    env: {
      THROUGHLINE_URLS: await installation.opsUrl('intake-worker'),
      THROUGHLINE_CONSOLE_URL: await installation.httpUrl('console'),
      THROUGHLINE_TOKEN: await installation.operationsToken(),
    },
  });
}
