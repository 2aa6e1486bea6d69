import { withEventId } from './event-context.ts';
import { createLogger } from './logger.ts';

function capture() {
  const lines: Record<string, unknown>[] = [];
  const texts: string[] = [];
  const logger = createLogger({
    name: 'storage.auth',
    level: 'info',
    destination: {
      write: (line) => {
        texts.push(line);
        lines.push(JSON.parse(line));
      },
    },
  });
  return { logger, lines, texts };
}

describe('createLogger', () => {
  it('writes one JSON line with level, time, service and sentence', () => {
    const { logger, lines, texts } = capture();
    logger.info({ bucketId: 'b1' }, 'Bucket b1 was created');
    logger.debug('not seen');
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        service: 'storage.auth',
        bucketId: 'b1',
        msg: 'Bucket b1 was created',
      },
    ]);
    expect(texts[0]?.endsWith('\n')).toBe(true);
  });

  it('carries the id of the event in hand', async () => {
    const { logger, lines } = capture();
    await withEventId('e-1', async () => {
      await Promise.resolve();
      logger.info('inside');
    });
    logger.info('outside');
    expect(lines.map((line) => line.event_id)).toEqual(['e-1', undefined]);
  });

  it.each([
    ['a password', { password: 'hunter2' }],
    ['a token in a nested object', { user: { accessToken: 'hunter2' } }],
    ['an authorization header', { request: { headers: { authorization: 'Bearer hunter2' } } }],
    ['headers by themselves', { headers: { authorization: 'Bearer hunter2', 'x-internal-token': 'hunter2' } }],
    ['a header deep down', { call: { options: { headers: { Authorization: 'hunter2' } } } }],
    ['a whole request', { req: { body: { anything: 'hunter2' } } }],
    [
      'an error with a configuration hung on it',
      { err: Object.assign(new Error('failed'), { config: { password: 'hunter2' } }) },
    ],
    ['a connection string in a message', { err: new Error('cannot connect to postgres://app:hunter2@db:5432/app') }],
    [
      'a connection string in a cause',
      { err: new Error('start failed', { cause: new Error('redis://:hunter2@cache:6379 refused') }) },
    ],
    ['a bearer token in a message', { err: new Error('sent Bearer hunter2 and was refused') }],
    ['a connection string', { databaseUrl: 'postgres://app:hunter2@db/app' }],
  ])('does not let %s through', (_case, fields) => {
    const { logger, texts } = capture();
    logger.error(fields, 'It failed');
    expect(texts.join('')).not.toContain('hunter2');
    expect(texts.join('')).toContain('It failed');
  });

  it('keeps class, code, message, stack and causes of an error', () => {
    const { logger, lines } = capture();
    class StoreError extends Error {
      override name = 'StoreError';
      code = 'STORE_UNAVAILABLE';
    }
    logger.error({ err: new StoreError('no answer', { cause: new Error('ECONNREFUSED') }) }, 'It failed');
    expect(lines[0]?.err).toMatchObject({
      class: 'StoreError',
      code: 'STORE_UNAVAILABLE',
      message: 'no answer',
      stack: expect.stringContaining('logger.test.ts'),
      cause: { class: 'Error', message: 'ECONNREFUSED' },
    });
  });
});
