import { withoutCredentials } from '@throughline/telemetry';
import { storableText } from '../inbox/storable.ts';
import type { RelaySettings } from './relay-options.ts';
import type { SendOutcome } from './send-in-order.ts';
import type { RefusedRow } from './settle-rows.ts';

const MAX_DELAY_MS = 5 * 60_000;
const MAX_ERROR_BYTES = 2_000;

/** When a refused row is tried again, and whether it is at all: only what speaks against the record counts as an attempt. */
export function toRefusedRow(
  { row, error, counts }: SendOutcome['refused'][number],
  settings: Pick<RelaySettings, 'maxAttempts' | 'retryDelayMs' | 'random'>,
): RefusedRow {
  const attempts = row.attempts + (counts ? 1 : 0);
  const doubledMs = settings.retryDelayMs * 2 ** Math.min(Math.max(attempts - 1, 0), 20);
  return {
    row,
    error: storableText(withoutCredentials(String((error as { message?: unknown }).message ?? error)), MAX_ERROR_BYTES),
    attempts,
    isFailed: counts && attempts >= settings.maxAttempts,
    delayMs: Math.min(doubledMs, MAX_DELAY_MS) * (0.5 + settings.random() / 2),
  };
}
