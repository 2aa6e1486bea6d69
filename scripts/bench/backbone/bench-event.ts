import { randomBytes, randomUUID } from 'node:crypto';

/** What an event is about; the record's key. */
export const BENCH_KEYS = 10_000;

/** An event as object storage writes it, about 480 bytes; with `fillerBytes` one whose size is told. */
export interface BenchEvent {
  readonly type: 'OBJECT_CREATED' | 'BENCH_SIZED';
  readonly ownerId: string;
  readonly key: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const OWNER = 'b2cf8d1a-3c33-4f12-956e-576a8a17d871';
const SOURCE = 'OBJECT_SERVICE';

/** The n-th event of a run; `BENCH_KEYS` objects take turns. */
export function benchEvent(index: number, fillerBytes?: number): BenchEvent {
  const key = objectId(index % BENCH_KEYS);
  if (fillerBytes !== undefined) {
    return { type: 'BENCH_SIZED', ownerId: OWNER, key, data: { objectId: key, filler: 'x'.repeat(fillerBytes) } };
  }
  const data = {
    payloadType: 'OBJECT_CREATED',
    objectId: key,
    bucketName: 'my-photos',
    fileName: `holidays/2026/image-${index}.png`,
    description: 'Sample photo',
    tags: ['images', 'travel'],
    accessLevel: 'PRIVATE',
    versionEnabled: false,
    size: 48_213,
    contentType: 'image/png',
  };
  return { type: 'OBJECT_CREATED', ownerId: OWNER, key, data };
}

/** Always the same for the same number, so that runs touch the same rows. */
function objectId(index: number): string {
  return `0af73ea9-7735-4f6b-8da6-${index.toString(16).padStart(12, '0')}`;
}

/** A Kafka message as people write it by hand: JSON, and a few headers. */
export function handWrittenMessage({ type, ownerId, key, data }: BenchEvent) {
  const eventId = randomUUID();
  const occurredAt = Date.now() / 1_000;
  return {
    eventId,
    key,
    value: JSON.stringify({ eventId, eventType: type, sourceService: SOURCE, ownerId, occurredAt, payload: data }),
    headers: {
      ce_specversion: '1.0',
      'content-type': 'application/json',
      ce_id: eventId,
      ce_source: SOURCE,
      ce_type: type,
      ce_time: new Date(occurredAt * 1_000).toISOString(),
      ce_subject: key,
    },
  };
}

/** Part of the events whose birth is in a sampled trace. */
export const SAMPLED_RATIO = 0.1;

/** The same, as the backbone writes it: with a trace that was sampled for a tenth of them. */
export function benchMessage(index: number, fillerBytes?: number) {
  const event = benchEvent(index, fillerBytes);
  const message = handWrittenMessage(event);
  const flags = Math.random() < SAMPLED_RATIO ? '01' : '00';
  const traceparent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-${flags}`;
  const headers = {
    ...message.headers,
    ce_time: message.headers.ce_time.replace('Z', '000Z'),
    ce_partitionkey: event.key,
    ce_correlationid: message.eventId,
    ce_dataschema: `${event.type}.v1`,
    traceparent,
  };
  return { ...message, headers };
}
