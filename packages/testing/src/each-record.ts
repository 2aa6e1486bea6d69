import type { ConsumeOptions, IncomingRecord, UnfinishedRecord } from '@throughline/messaging';

/** A handler of chunks from one of single records: one after the other; a rejection keeps the record and the later ones of its key. */
export function eachRecord(handle: (record: IncomingRecord, signal: AbortSignal) => unknown): ConsumeOptions['handle'] {
  return async (records, { signal }) => {
    const unfinished: UnfinishedRecord[] = [];
    const stuck = new Map<string, unknown>();
    for (const record of records) {
      const key = record.key?.toString('latin1');
      try {
        if (key !== undefined && stuck.has(key)) throw stuck.get(key);
        await handle(record, signal);
      } catch (error) {
        unfinished.push({ record, error });
        if (key !== undefined) stuck.set(key, error);
      }
    }
    return unfinished;
  };
}
