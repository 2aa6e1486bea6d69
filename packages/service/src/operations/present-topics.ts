import type { MessagingDriver } from '@throughline/messaging';

/** Those of the topics that exist: a deleted one has nothing to read again, and a question about it fails for all the others too. */
export async function presentTopics(
  driver: Pick<MessagingDriver, 'listTopics'>,
  topics: readonly string[],
): Promise<readonly string[]> {
  const present = new Set(await driver.listTopics());
  return topics.filter((topic) => present.has(topic));
}
