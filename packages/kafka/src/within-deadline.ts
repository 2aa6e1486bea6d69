import { EventError } from '@throughline/events';

/**
 * The result of `work`, or a rejection when it takes longer; the work itself goes on.
 * @throws {EventError} `SEND_FAILED`, retryable
 */
export async function withinDeadline<Result>(work: Promise<Result>, timeoutMs: number, doing: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const fail = () => reject(new EventError('SEND_FAILED', `${doing}: no answer within ${timeoutMs} ms`, { retryable: true }));
    timer = setTimeout(fail, Math.max(0, timeoutMs));
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
