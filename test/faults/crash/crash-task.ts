import type { NewEntry } from '../ledger.ts';
import type { LedgerConfig, LedgerGroup } from '../ledger-service.ts';
import type { CrashPoint } from './crash-points.ts';

/** What a process is started for. */
export interface CrashTask {
  readonly config: LedgerConfig;
  readonly groups: readonly LedgerGroup[];
  /** Absent: it runs until it is killed. */
  readonly crashPoint?: CrashPoint;
  /** Published in a transaction that is cut off before its commit. */
  readonly entriesBeforeCommit?: readonly NewEntry[];
  /** Made and then cut off. */
  readonly decision?: { readonly kind: 'replay' | 'edit'; readonly dlqId: string };
}
