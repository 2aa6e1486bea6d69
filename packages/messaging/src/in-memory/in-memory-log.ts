import { createHash } from 'node:crypto';
import { EventError } from '@throughline/events';
import type { TopicDeclaration } from '../messaging-driver.ts';
import type { IncomingRecord, OutgoingRecord, RecordPosition } from '../record.ts';

/** Topics, partitions and committed offsets in memory: what a broker keeps. */
export class InMemoryLog {
  readonly #topics = new Map<string, IncomingRecord[][]>();
  readonly #committed = new Map<string, bigint>();
  #keyless = 0;

  create({ topic, partitions = 6 }: TopicDeclaration): void {
    if (!this.#topics.has(topic))
      this.#topics.set(
        topic,
        Array.from({ length: partitions }, () => []),
      );
  }

  names(): readonly string[] {
    return [...this.#topics.keys()];
  }

  /** @throws {EventError} `TOPIC_MISSING` */
  partitionsOf(topic: string): readonly (readonly IncomingRecord[])[] {
    return this.#partitions(topic);
  }

  append({ topic, key, value, headers }: OutgoingRecord, timestampMs: number): RecordPosition {
    const partitions = this.#partitions(topic);
    const keyBytes = key === null ? null : Buffer.from(key);
    const partition = this.#partitionFor(keyBytes, partitions.length);
    const log = partitions[partition] as IncomingRecord[];
    const offset = BigInt(log.length);
    log.push({ topic, partition, offset, key: keyBytes, value, headers: toBytes(headers), timestampMs });
    return { topic, partition, offset };
  }

  commit(group: string, topic: string, partition: number, offset: bigint): void {
    this.#committed.set(`${group}\0${topic}/${partition}`, offset);
  }

  /** Undefined when the group never committed. */
  committed(group: string, topic: string, partition: number): bigint | undefined {
    return this.#committed.get(`${group}\0${topic}/${partition}`);
  }

  forget(group: string): void {
    for (const key of this.#committed.keys()) if (key.startsWith(`${group}\0`)) this.#committed.delete(key);
  }

  #partitions(topic: string): IncomingRecord[][] {
    const partitions = this.#topics.get(topic);
    if (partitions === undefined)
      throw new EventError('TOPIC_MISSING', `these topics do not exist: ${topic}`, { retryable: true });
    return partitions;
  }

  #partitionFor(key: Buffer | null, count: number): number {
    if (key !== null) return createHash('sha1').update(key).digest().readUInt32BE(0) % count;
    this.#keyless += 1;
    return this.#keyless % count;
  }
}

function toBytes(headers: OutgoingRecord['headers']): IncomingRecord['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? Buffer.from(value) : value]),
  );
}
