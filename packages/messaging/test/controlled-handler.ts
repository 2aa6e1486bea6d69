import type { ChunkContext, UnfinishedRecord } from '../src/messaging-driver.ts';
import type { IncomingRecord } from '../src/record.ts';
import type { RecordSchedulerOptions } from '../src/scheduling/record-scheduler.ts';

export function record(offset: number, key: string | null, partition = 0): IncomingRecord {
  return {
    topic: 'things',
    partition,
    offset: BigInt(offset),
    key: key === null ? null : Buffer.from(key),
    value: null,
    headers: {},
    timestampMs: 0,
  };
}

export interface Running {
  readonly resolve: (unfinished: readonly UnfinishedRecord[]) => void;
  readonly reject: (error: Error) => void;
  readonly records: readonly IncomingRecord[];
  readonly context: ChunkContext;
}

const nameOf = ({ partition, offset }: IncomingRecord) => `${partition}/${offset}`;

/** A handler whose ends the test decides; chunks are named for their records, as in `0/1 0/2`. */
export function controlled() {
  const running = new Map<string, Running>();
  const begun: string[] = [];
  const handle: RecordSchedulerOptions['handle'] = (records, context) =>
    new Promise((resolve, reject) => {
      const name = records.map(nameOf).join(' ');
      begun.push(name);
      running.set(name, { resolve, reject, records, context });
    });
  const settle = async (
    which: string,
    how: 'resolve' | 'reject' | ((chunk: Running) => readonly UnfinishedRecord[]) = 'resolve',
  ) => {
    const work = running.get(which);
    running.delete(which);
    if (how === 'reject') work?.reject(new Error('no'));
    else if (work !== undefined) work.resolve(how === 'resolve' ? [] : how(work));
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { handle, begun, running, settle };
}

/** Of the running chunk the records with these keys, as unfinished. */
export function unfinished(keys: readonly string[], retryAfterMs?: number) {
  return ({ records }: Running): UnfinishedRecord[] =>
    records
      .filter(({ key }) => keys.includes(String(key)))
      .map((each) => ({ record: each, error: new Error('no'), ...(retryAfterMs !== undefined && { retryAfterMs }) }));
}
