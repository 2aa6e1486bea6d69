import type { IncomingRecord, MessagingDriver } from '@throughline/messaging';
import { testPrefix, waitFor } from '@throughline/testing';

/** Reads a topic from its beginning until `count` records satisfy `isWanted`, and gives those. */
export async function collectRecords(options: {
  driver: MessagingDriver;
  topic: string;
  isWanted: (record: IncomingRecord) => boolean;
  count: number;
}): Promise<IncomingRecord[]> {
  const { driver, topic, isWanted, count } = options;
  const wanted: IncomingRecord[] = [];
  const consumer = await driver.consume({
    group: testPrefix('collect'),
    topics: [topic],
    handle: async (records) => {
      wanted.push(...records.filter(isWanted));
      return [];
    },
  });
  try {
    await waitFor(() => wanted.length >= count, { timeoutMs: 30_000, description: `${count} records of ${topic}` });
    return wanted;
  } finally {
    await consumer.stop();
  }
}
