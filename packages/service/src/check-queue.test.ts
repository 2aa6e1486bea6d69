import { checkQueue } from './check-queue.ts';
import { ConfigError } from './config-error.ts';
import { QUEUE_FIELDS } from './queue-fields.ts';
import { readConfig } from './read-config.ts';

describe('the settings of a queue', () => {
  it('are five receives with growing delays, invisible for 30 s, and no redrive, unless an installation says otherwise', () => {
    const config = readConfig({}, QUEUE_FIELDS);
    expect(config).toMatchObject({ redriveIntervalMs: 0, redriveLimit: 3, redriveBatch: 100, handlerTimeoutMs: 15_000 });
    expect(checkQueue(config)).toMatchObject({
      claimLeaseMs: 30_000,
      retry: { inlineTries: 1, delays: ['1s', '4s', '16s', '64s'] },
    });
  });

  it('name both variables that contradict each other, every pair at once', () => {
    const config = readConfig(
      { HANDLER_TIMEOUT_MS: '5000', VISIBILITY_TIMEOUT_MS: '5000', MAX_RECEIVE_COUNT: '20' },
      QUEUE_FIELDS,
    );
    const check = () => checkQueue(config);
    expect(check).toThrow(ConfigError);
    expect(check).toThrow('HANDLER_TIMEOUT_MS (5000) must be below VISIBILITY_TIMEOUT_MS (5000)');
    expect(check).toThrow('MAX_RECEIVE_COUNT (20), RETRY_BACKOFF_MS (1000) and RETRY_BACKOFF_FACTOR (4) make a last delay');
  });

  it.each([
    ['MAX_RECEIVE_COUNT', '21'],
    ['MAX_RECEIVE_COUNT', '0'],
    ['RETRY_BACKOFF_FACTOR', '1'],
    ['VISIBILITY_TIMEOUT_MS', '10'],
    ['HANDLER_TIMEOUT_MS', '60000'],
  ])('refuse %s=%s', (variable, value) => {
    expect(() => readConfig({ [variable]: value }, QUEUE_FIELDS)).toThrow(`${variable} is not valid`);
  });
});
