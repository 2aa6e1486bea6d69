import type { IncomingRecord } from '../record.ts';
import { Fifo } from './fifo.ts';

/**
 * Order holds within (topic, key): a lane is there for each key that has a record in work, or waiting behind one. Lanes outlive an assignment: a key that comes
 * back while its former work still runs waits for its end.
 */
export interface Lane<Entry> {
  /** Of its topic's lanes; undefined for a record without key that comes again. */
  readonly key: string | undefined;
  /** The chunk that its records in work are in; NO_CHUNK when it is new, WAITING while it waits for its turn or for a time. */
  chunk: number;
  /** Records in work. */
  inWork: number;
  /** Records of the key that may not begin yet, oldest first. */
  waiting: Fifo<Entry> | undefined;
  readonly home: Map<string, Lane<Entry>> | undefined;
}

export type TopicLanes<Entry> = Map<string, Lane<Entry>>;

export const NO_CHUNK = 0;
export const WAITING = -1;

/** The lanes of all topics. */
export class KeyLanes<Entry> {
  readonly #topics = new Map<string, TopicLanes<Entry>>();

  ofTopic(topic: string): TopicLanes<Entry> {
    let lanes = this.#topics.get(topic);
    if (lanes === undefined) {
      lanes = new Map();
      this.#topics.set(topic, lanes);
    }
    return lanes;
  }
}

/** The lane of the record's key, made when there is none. */
export function laneOf<Entry>(lanes: TopicLanes<Entry>, key: NonNullable<IncomingRecord['key']>): Lane<Entry> {
  const name = key.toString('latin1');
  const present = lanes.get(name);
  if (present !== undefined) return present;
  const lane: Lane<Entry> = { key: name, chunk: NO_CHUNK, inWork: 0, waiting: undefined, home: lanes };
  lanes.set(name, lane);
  return lane;
}

/** For one record without key: nothing else ever waits in it. */
export function anonymousLane<Entry>(): Lane<Entry> {
  return { key: undefined, chunk: NO_CHUNK, inWork: 0, waiting: undefined, home: undefined };
}

export function endLane<Entry>({ key, home }: Lane<Entry>): void {
  if (key !== undefined) home?.delete(key);
}

/** Puts a record behind those that wait already. */
export function waitIn<Entry>(lane: Lane<Entry>, entry: Entry): void {
  lane.waiting ??= new Fifo();
  lane.waiting.push(entry);
}

/** Puts a record that was begun before in front of those that wait. */
export function returnTo<Entry>(lane: Lane<Entry>, entry: Entry): void {
  lane.waiting ??= new Fifo();
  lane.waiting.putBack(entry);
}
