import type { IncomingRecord } from '../record.ts';

/** Names the key of a record among those of its topic; undefined for one that has none and waits for nobody. Every byte is told apart. */
export function keyOf({ key }: Pick<IncomingRecord, 'key'>): string | undefined {
  return key === null ? undefined : key.toString('latin1');
}
