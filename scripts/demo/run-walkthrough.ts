import type { Walkthrough } from './walkthrough-step.ts';
import { WALKTHROUGH_STEPS } from './walkthrough-steps.ts';

/** A step that did not show what it should. */
class WalkthroughError extends Error {
  constructor(step: string, cause: unknown) {
    super(`${step}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'WalkthroughError';
  }
}

/**
 * Goes through the ten steps as a user of its own and tells each with what was seen.
 * @throws {WalkthroughError} naming the step that failed.
 */
export async function runWalkthrough(options: {
  edgeUrl: string;
  resendCreated: Walkthrough['resendCreated'];
  say: (line: string) => void;
}): Promise<void> {
  const runId = crypto.randomUUID().slice(0, 8);
  const walkthrough: Walkthrough = {
    edgeUrl: options.edgeUrl,
    runId,
    bucket: `demo-${runId}`,
    fileName: `images/Photo ${runId}.txt`,
    session: undefined,
    objectId: undefined,
    resendCreated: options.resendCreated,
  };
  for (const [index, { title, run }] of WALKTHROUGH_STEPS.entries()) {
    const step = `step ${index + 1}, ${title.toLowerCase()}`;
    const startedAt = performance.now();
    const seen = await run(walkthrough).catch((error: unknown) => {
      throw new WalkthroughError(step, error);
    });
    options.say(`${String(index + 1).padStart(2)}. ${title} (${Math.round(performance.now() - startedAt)} ms)\n    ${seen}`);
  }
}
