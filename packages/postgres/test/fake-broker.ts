import { EventError } from '@throughline/events';
import type { MessagingDriver, OutgoingRecord, RecordProducer } from '@throughline/messaging';

export interface SentRecord {
  readonly id: string;
  readonly key: string;
  readonly topic: string;
  readonly producer: string;
}

/** A log in memory with one producer's worth of honesty: what `fault` throws decides whether the records arrived nevertheless. */
export interface FakeBroker {
  readonly log: SentRecord[];
  readonly sends: number;
  /** Called before a send is written down. Throwing refuses it; a promise holds it up. */
  fault: (records: readonly SentRecord[], producer: string) => void | Promise<void>;
  driver(): Pick<MessagingDriver, 'createProducer'>;
  /** Ids in the order of their first occurrence. */
  firstOccurrences(key?: string): readonly string[];
}

/** Thrown by a fault: the records arrived, and the answer got lost. */
export class AnswerLost extends Error {}

export function createFakeBroker(): FakeBroker {
  const log: SentRecord[] = [];
  let sends = 0;
  const broker: FakeBroker = {
    log,
    get sends() {
      return sends;
    },
    fault: () => {},
    driver: () => ({ createProducer: async ({ name }) => createProducer(name) }),
    firstOccurrences: (key) => [...new Set(log.filter((record) => key === undefined || record.key === key).map(({ id }) => id))],
  };
  const createProducer = (producer: string): RecordProducer => {
    let isSending = false;
    return {
      send: async (records) => {
        if (isSending) throw new Error('two sends at once on one producer');
        isSending = true;
        sends += 1;
        const sent = records.map((record) => toSent(record, producer));
        try {
          await broker.fault(sent, producer);
          log.push(...sent);
          return [];
        } catch (error) {
          if (!(error instanceof AnswerLost)) throw error;
          log.push(...sent);
          throw new EventError('SEND_FAILED', 'the answer got lost', { retryable: true });
        } finally {
          isSending = false;
        }
      },
      close: async () => {},
    };
  };
  return broker;
}

function toSent(record: OutgoingRecord, producer: string): SentRecord {
  return { id: String(record.headers.ce_id), key: String(record.key), topic: record.topic, producer };
}
