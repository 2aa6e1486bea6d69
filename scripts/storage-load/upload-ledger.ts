import type { UploadOutcome } from './upload-outcome.ts';

/** An object that was answered with 201. */
export interface AcknowledgedObject {
  readonly fileName: string;
  readonly objectId: string;
}

/** Uploads so far. */
export interface UploadCounts {
  readonly sent: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
}

/** Everything that came of a run's uploads. */
export interface UploadLedger {
  sent(): void;
  record(fileName: string, outcome: UploadOutcome): void;
  counts(): UploadCounts;
  /** Uploads that were not acknowledged, by what was said instead. */
  reasons(): Readonly<Record<string, number>>;
  acknowledged(): readonly AcknowledgedObject[];
}

export function createUploadLedger(): UploadLedger {
  const counts = { sent: 0, acknowledged: 0, refused: 0, unknown: 0 };
  const reasons: Record<string, number> = {};
  const acknowledged: AcknowledgedObject[] = [];
  return {
    sent: () => {
      counts.sent += 1;
    },
    record(fileName, outcome) {
      counts[outcome.kind] += 1;
      if (outcome.kind === 'acknowledged') acknowledged.push({ fileName, objectId: outcome.objectId });
      else reasons[outcome.reason] = (reasons[outcome.reason] ?? 0) + 1;
    },
    counts: () => ({ ...counts }),
    reasons: () => ({ ...reasons }),
    acknowledged: () => acknowledged,
  };
}
