/** One step of a demo; `run` returns a sentence about what was seen. */
export interface DemoStep<Demo> {
  readonly title: string;
  readonly run: (demo: Demo) => Promise<string>;
}

/** A step that did not show what it should. */
class DemoStepError extends Error {
  constructor(step: string, cause: unknown) {
    super(`${step}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'DemoStepError';
  }
}

/**
 * Runs the steps of a demo one after the other and tells each with what was seen.
 * @throws {DemoStepError} naming the step that failed.
 */
export async function runSteps<Demo>(options: {
  steps: readonly DemoStep<Demo>[];
  /** Handed to each step. */
  demo: Demo;
  say: (line: string) => void;
}): Promise<void> {
  const { steps, demo, say } = options;
  for (const [index, { title, run }] of steps.entries()) {
    say(`${String(index + 1).padStart(2)}. ${title}`);
    const startedAt = performance.now();
    const seen = await run(demo).catch((error: unknown) => {
      throw new DemoStepError(`step ${index + 1}, ${title.toLowerCase()}`, error);
    });
    say(`    ${seen} (${Math.round(performance.now() - startedAt)} ms)`);
  }
}
