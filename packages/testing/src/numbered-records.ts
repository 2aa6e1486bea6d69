import type { IncomingRecord, OutgoingRecord } from '@throughline/messaging';
import { eachRecord } from './each-record.ts';

export function one(topic: string): OutgoingRecord {
  return { topic, key: 'k', value: Buffer.from('x'), headers: {} };
}

/** Values count up from `from`; 17 keys. */
export function numbered(topic: string, count: number, from = 0): OutgoingRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    ...one(topic),
    key: `k${(from + index) % 17}`,
    value: Buffer.from(String(from + index)),
  }));
}

export function collecting() {
  const seen: IncomingRecord[] = [];
  const note = (record: IncomingRecord) => void seen.push(record);
  return { seen, note, handle: eachRecord(note) };
}

export function textOf(record: IncomingRecord): string {
  return record.value?.toString() ?? '';
}

export function expectOrderPerKey(seen: readonly IncomingRecord[]): void {
  const last = new Map<string, number>();
  for (const record of seen) {
    const key = record.key?.toString() ?? '';
    expect(Number(textOf(record))).toBeGreaterThan(last.get(key) ?? -1);
    last.set(key, Number(textOf(record)));
  }
}

/** Repeats are allowed where members come and go; the first time of each record must be in order of its key. */
export function expectFirstsInOrder(seen: readonly IncomingRecord[]): void {
  const firsts = new Map<string, IncomingRecord>();
  for (const record of seen) if (!firsts.has(textOf(record))) firsts.set(textOf(record), record);
  expectOrderPerKey([...firsts.values()]);
}
