import type { LaneOutcome } from './http-lane.ts';

/** What one request to place an order came to. */
export type OrderOutcome =
  | { readonly kind: 'accepted'; readonly eventId: string }
  /** The request itself was turned down, such as 422 and 429; certainly not accepted. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Certainly not accepted, and may be tried again: overloaded, or no connection. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** Neither is certain: no answer, 503 `publish_failed`, and what stands between says that it got none. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** Codes of a 503 that says that nothing was done. */
const CERTAIN_CODES = ['overloaded'];

/** Reads an outcome. Whatever is not known to be certain is unknown. */
export function orderOutcome(outcome: LaneOutcome): OrderOutcome {
  if (outcome.kind === 'not-sent') return { kind: 'unavailable', reason: outcome.reason };
  if (outcome.kind === 'no-answer') return { kind: 'unknown', reason: outcome.reason };
  const { status, head, body } = outcome.answer;
  const eventId = /\r\nx-event-id: *([^\r\n]+)/i.exec(head)?.[1];
  if (status === 200 && eventId !== undefined) return { kind: 'accepted', eventId };
  const code = /"code":"(\w+)"/.exec(body)?.[1];
  const reason = code === undefined ? String(status) : `${status} ${code}`;
  if (status >= 400 && status < 500) return { kind: 'refused', reason };
  if (status === 503 && code !== undefined && CERTAIN_CODES.includes(code)) return { kind: 'unavailable', reason };
  return { kind: 'unknown', reason };
}
