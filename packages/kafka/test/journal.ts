import type { IncomingRecord } from '@throughline/messaging';
import { eachRecord } from '@throughline/testing';

/** Values count up. */
export function numberOf(record: IncomingRecord): number {
  return Number(record.value);
}

/** What a consumer handled, in the order in which it did. */
export function createJournal() {
  const seen: IncomingRecord[] = [];
  const overtaken = (records: readonly IncomingRecord[]): number[] => {
    const last = new Map<string, number>();
    return records.flatMap((record) => {
      const key = record.key?.toString() ?? '';
      const value = numberOf(record);
      const isLate = value <= (last.get(key) ?? -1);
      last.set(key, value);
      return isLate ? [value] : [];
    });
  };
  const note = (record: IncomingRecord) => void seen.push(record);
  return {
    seen,
    note,
    handle: eachRecord(note),
    distinct: () => new Set(seen.map(numberOf)).size,
    overtaken: () => overtaken(seen),
    firstsOvertaken: () => {
      const known = new Set<number>();
      return overtaken(seen.filter((record) => !known.has(numberOf(record)) && known.add(numberOf(record))));
    },
  };
}
