import type { IncomingRecord, MessagingDriver } from '@throughline/messaging';

export interface ResendOptions {
  readonly driver: MessagingDriver;
  readonly topic: string;
  /** Key of the record looked for. */
  readonly key: string;
  readonly eventType: string;
  readonly times: number;
  /** (Default: 60 000) */
  readonly timeoutMs?: number;
}

/**
 * Finds the first record of an event type under a key and sends it again, byte for byte with its headers, `times` times.
 * Returns the event's id. @throws {Error} when there is no such record within the time.
 */
export async function resendEvent(options: ResendOptions): Promise<string> {
  const record = await findRecord(options);
  const producer = await options.driver.createProducer({ name: 'storage-demo' });
  try {
    const copy = { topic: record.topic, key: record.key, value: record.value, headers: record.headers };
    for (let count = 0; count < options.times; count += 1) await producer.send([copy], { timeoutMs: 15_000 });
  } finally {
    await producer.close();
  }
  return headerOf(record, 'ce_id');
}

async function findRecord({ driver, topic, key, eventType, timeoutMs = 60_000 }: ResendOptions): Promise<IncomingRecord> {
  const found = Promise.withResolvers<IncomingRecord>();
  const consumer = await driver.consume({
    group: `storage.demo.${crypto.randomUUID()}`,
    topics: [topic],
    handle: async (records) => {
      const record = records.find((each) => each.key?.toString() === key && headerOf(each, 'ce_type') === eventType);
      if (record !== undefined) found.resolve(record);
      return [];
    },
  });
  const timer = setTimeout(() => found.reject(new Error(`no ${eventType} under key ${key} in ${topic}`)), timeoutMs);
  try {
    return await found.promise;
  } finally {
    clearTimeout(timer);
    await consumer.stop();
  }
}

function headerOf(record: IncomingRecord, name: string): string {
  const value = record.headers[name];
  return String((Array.isArray(value) ? value[0] : value) ?? '');
}
