import { randomUUID } from 'node:crypto';
import type { MessagingDriver } from '@throughline/messaging';
import { waitFor } from '@throughline/testing';

/** The values of all records that are in a topic now. */
export async function readTopic(driver: MessagingDriver, topic: string): Promise<readonly string[]> {
  const ends = await driver.groups.endOffsets([topic]);
  const wanted = ends.reduce((sum, { offset }) => sum + Number(offset), 0);
  const values: string[] = [];
  const consumer = await driver.consume({
    group: `${topic}.reader-${randomUUID()}`,
    topics: [topic],
    maxChunkRecords: () => 500,
    handle: async (records) => {
      for (const { value } of records) values.push(String(value));
      return [];
    },
  });
  try {
    await waitFor(() => values.length >= wanted, { description: `${wanted} records of ${topic}`, timeoutMs: 20_000 });
  } finally {
    await consumer.stop();
  }
  return values;
}
