import { EventError } from '@throughline/events';
import { createLogger } from '@throughline/telemetry';
import { retryWhileStarting } from './retry-while-starting.ts';

const logger = createLogger({ name: 'test', level: 'fatal' });
const away = new EventError('STORE_UNAVAILABLE', 'no connection', { retryable: true });
const never = new AbortController().signal;

describe('retryWhileStarting', () => {
  it('tries again what may pass', async () => {
    let attempts = 0;
    const result = await retryWhileStarting({ subject: 'the database', logger, stopping: never }, async () => {
      attempts += 1;
      if (attempts < 3) throw away;
      return attempts;
    });
    expect(result).toBe(3);
  });

  it('lets through at once what cannot pass', async () => {
    const refused = new EventError('CONFIGURATION_REFUSED', 'changed migration');
    let attempts = 0;
    const running = retryWhileStarting({ subject: 'the database', logger, stopping: never }, () => {
      attempts += 1;
      return Promise.reject(refused);
    });
    await expect(running).rejects.toBe(refused);
    expect(attempts).toBe(1);
  });

  it('gives up at the deadline with the last error', async () => {
    const running = retryWhileStarting({ subject: 'the database', logger, stopping: never, startDeadlineMs: 250 }, () =>
      Promise.reject(away),
    );
    await expect(running).rejects.toBe(away);
  });

  it('ends when the service is told to stop', async () => {
    const stopping = new AbortController();
    const running = retryWhileStarting({ subject: 'the database', logger, stopping: stopping.signal }, () => {
      stopping.abort();
      return Promise.reject(away);
    });
    await expect(running).rejects.toThrow('aborted');
  });
});
