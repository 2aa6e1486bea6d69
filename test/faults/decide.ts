import { randomUUID } from 'node:crypto';
import { s3Codec, toHeaders } from '@throughline/events';
import type { Decision } from '@throughline/postgres';
import type { Entry } from './ledger.ts';
import type { LedgerService } from './ledger-service.ts';

const OPERATOR = 'fault-suite';

/** Replays a dead letter, or edits it so that its handler succeeds. */
export function decide(
  service: LedgerService,
  { kind, dlqId }: { readonly kind: 'replay' | 'edit'; readonly dlqId: string },
): Promise<Decision> {
  if (kind === 'replay') return service.decisions.replay(dlqId, { operator: OPERATOR, isCapIgnored: true });
  return edit(service, dlqId);
}

async function edit({ database, decisions }: LedgerService, dlqId: string): Promise<Decision> {
  const [letter] = await database.query<{ value: Buffer }>('SELECT value FROM dead_letters WHERE dlq_id = $1', [dlqId]);
  const original = s3Codec.decode(letter?.value ?? Buffer.alloc(0));
  const data: Entry = { ...(original.data as Entry), behaviour: 'good' };
  const event = { ...original, id: randomUUID(), data, partitionKey: data.account, causationId: original.id };
  // Before the decision: an effect of an event that nobody knows would be a violation.
  await database.execute('INSERT INTO edits VALUES ($1, $2)', [event.id, original.id]);
  return decisions.edit(dlqId, {
    operator: OPERATOR,
    edited: {
      source: event.source,
      eventId: event.id,
      eventType: event.type,
      value: s3Codec.encode(event),
      headers: bytesOf(toHeaders(event, { contentType: s3Codec.contentType })),
    },
  });
}

function bytesOf(headers: ReturnType<typeof toHeaders>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]));
}
