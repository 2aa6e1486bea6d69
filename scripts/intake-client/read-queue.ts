import { sendRequest } from '../api-client/send-request.ts';

/** A queue as the operations API shows it. */
export interface QueueFigures {
  readonly approximateNumberOfMessages: number;
  /** Null while Redis is away. */
  readonly approximateNumberOfMessagesNotVisible: number | null;
  readonly approximateNumberOfMessagesDelayed: number;
  readonly approximateAgeOfOldestMessageSeconds: number;
  readonly deadLetters: number | null;
  readonly members: number;
}

/** Asks a service that shows the queue, at its ops port. @throws {Error} for another answer than 200 */
export async function readQueue(options: { opsUrl: string; operationsToken: string; group: string }): Promise<QueueFigures> {
  const { opsUrl, operationsToken, group } = options;
  const path = `/operations/queues/${encodeURIComponent(group)}`;
  const reply = await sendRequest(opsUrl, { method: 'GET', path, token: operationsToken, timeoutMs: 5_000 });
  if (reply.status !== 200) throw new Error(`the queue ${group} could not be read: ${reply.status}`);
  return reply.json();
}

/** Everything that is not worked off. */
export function depthOf(queue: QueueFigures): number {
  const { approximateNumberOfMessages, approximateNumberOfMessagesNotVisible, approximateNumberOfMessagesDelayed } = queue;
  return approximateNumberOfMessages + (approximateNumberOfMessagesNotVisible ?? 0) + approximateNumberOfMessagesDelayed;
}
