import type { VariantMessage, VariantPlan, VariantReport } from '../plan.ts';

/** A hand-written program at work. */
export interface HandWritten {
  readonly report: Promise<VariantReport>;
  stop(): Promise<void>;
}

/** The plan this process was started with. The process ends with the one that started it. */
export function readPlan(): VariantPlan {
  process.on('disconnect', () => process.exit(1));
  return JSON.parse(process.argv[2] ?? '') as VariantPlan;
}

/** Says something to the bench. */
export function tell(message: VariantMessage): void {
  process.send?.(message);
}

/** Runs a hand-written variant: reports at the end of its window, stops on SIGTERM. */
export async function runHandWritten(start: (plan: VariantPlan) => Promise<HandWritten>): Promise<void> {
  const { report, stop } = await start(readPlan());
  process.once('SIGTERM', async () => {
    await stop();
    process.exit(0);
  });
  tell(await report);
}
