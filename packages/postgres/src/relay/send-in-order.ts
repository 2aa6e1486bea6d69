import { type EventErrorCode, isEventError } from '@throughline/events';
import type { UnsentRow } from './waiting-rows.ts';

/** What became of a batch. Rows in neither list stay as they are: their key was stopped, or the broker was not there. */
export interface SendOutcome {
  readonly sent: readonly UnsentRow[];
  /** `counts`: the record is at fault, not the broker. */
  readonly refused: readonly { readonly row: UnsentRow; readonly error: unknown; readonly counts: boolean }[];
  /** What stopped the batch as a whole. */
  readonly brokerError?: unknown;
}

type Send = (rows: readonly UnsentRow[]) => Promise<void>;

const RECORD_ERRORS: readonly EventErrorCode[] = ['RECORD_TOO_LARGE', 'RECORD_REJECTED'];

/** Identity of the order: rows of one key go one after the other, whatever their topic. */
export function keyOf(row: UnsentRow): string {
  return `${row.aggregatetype}\0${row.aggregateid}`;
}

/**
 * Sends a batch; where records are refused it is halved until they are alone, and rows of their keys that come after them are left out.
 * One send after the other: a batch whose fate is open is never overtaken.
 */
export async function sendInOrder(rows: readonly UnsentRow[], send: Send): Promise<SendOutcome> {
  if (rows.length === 0) return { sent: [], refused: [] };
  try {
    await send(rows);
    return { sent: rows, refused: [] };
  } catch (error) {
    const code = isEventError(error) ? error.code : undefined;
    if (code === 'TOPIC_MISSING') return withoutMissingTopic(rows, send, error);
    if (code !== undefined && RECORD_ERRORS.includes(code)) return withoutRefused(rows, send, error);
    return { sent: [], refused: [], brokerError: error };
  }
}

function withoutRefused(rows: readonly UnsentRow[], send: Send, error: unknown): Promise<SendOutcome> | SendOutcome {
  const [first] = rows;
  if (first !== undefined && rows.length === 1) return { sent: [], refused: [{ row: first, error, counts: true }] };
  const middle = Math.ceil(rows.length / 2);
  return sendParts([rows.slice(0, middle), rows.slice(middle)], send);
}

/** Topic by topic; rows of the missing one are held, and tried again without end, since they are not at fault. */
function withoutMissingTopic(rows: readonly UnsentRow[], send: Send, error: unknown): Promise<SendOutcome> | SendOutcome {
  const byTopic = [...Map.groupBy(rows, ({ topic }) => topic).values()];
  if (byTopic.length > 1) return sendParts(byTopic, send);
  const heads = [...new Map(rows.toReversed().map((row) => [keyOf(row), row])).values()];
  return { sent: [], refused: heads.map((row) => ({ row, error, counts: false })) };
}

async function sendParts(parts: readonly (readonly UnsentRow[])[], send: Send): Promise<SendOutcome> {
  const sent: UnsentRow[] = [];
  const refused: SendOutcome['refused'][number][] = [];
  for (const part of parts) {
    const stopped = new Set(refused.map(({ row }) => keyOf(row)));
    const outcome = await sendInOrder(
      part.filter((row) => !stopped.has(keyOf(row))),
      send,
    );
    sent.push(...outcome.sent);
    refused.push(...outcome.refused);
    if (outcome.brokerError !== undefined) return { sent, refused, brokerError: outcome.brokerError };
  }
  return { sent, refused };
}
