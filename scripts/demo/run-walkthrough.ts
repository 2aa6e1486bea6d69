import { runSteps } from './run-steps.ts';
import type { Walkthrough } from './walkthrough-step.ts';
import { WALKTHROUGH_STEPS } from './walkthrough-steps.ts';

/** Goes through the ten steps of object storage as a user of its own. @throws {Error} naming the step that failed. */
export async function runWalkthrough(options: {
  edgeUrl: string;
  resendCreated: Walkthrough['resendCreated'];
  say: (line: string) => void;
}): Promise<void> {
  const { edgeUrl, resendCreated, say } = options;
  const runId = crypto.randomUUID().slice(0, 8);
  const walkthrough: Walkthrough = {
    edgeUrl,
    runId,
    bucket: `demo-${runId}`,
    fileName: `images/Photo ${runId}.txt`,
    session: undefined,
    objectId: undefined,
    resendCreated,
  };
  await runSteps({ steps: WALKTHROUGH_STEPS, demo: walkthrough, say });
}
