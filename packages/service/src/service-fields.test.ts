import { readConfig } from './read-config.ts';
import { SERVICE_FIELDS } from './service-fields.ts';

describe('what every service is told', () => {
  it('listens on the machine alone unless told otherwise', () => {
    const config = readConfig(
      { HTTP_PORT: '1', OPS_PORT: '2', DATABASE_URL: 'postgres://u:geheim@h/d', REDIS_URL: 'redis://h' },
      SERVICE_FIELDS,
    );
    expect(config).toEqual({
      host: '127.0.0.1',
      httpPort: 1,
      opsPort: 2,
      logLevel: 'info',
      databaseUrl: 'postgres://u:geheim@h/d',
      redisUrl: 'redis://h',
      databaseConnections: 10,
      processedRetentionMs: 8 * 24 * 60 * 60 * 1_000,
      startDeadlineMs: 60_000,
      drainDeadlineMs: 24_000,
      terminationGraceMs: undefined,
      operationsToken: undefined,
    });
  });

  it('takes what an installation says instead', () => {
    const config = readConfig(
      {
        HTTP_PORT: '1',
        OPS_PORT: '2',
        DATABASE_URL: 'postgres://h/d',
        REDIS_URL: 'redis://h',
        DATABASE_CONNECTIONS: '20',
        PROCESSED_RETENTION_MS: '86400000',
        START_DEADLINE_MS: '300000',
        DRAIN_DEADLINE_MS: '50000',
        TERMINATION_GRACE_MS: '60000',
        OPERATIONS_TOKEN: 'abcdefgh-12345678',
      },
      SERVICE_FIELDS,
    );
    expect(config).toMatchObject({
      databaseConnections: 20,
      processedRetentionMs: 86_400_000,
      startDeadlineMs: 300_000,
      drainDeadlineMs: 50_000,
      terminationGraceMs: 60_000,
      operationsToken: 'abcdefgh-12345678',
    });
  });

  it('refuses a token that could be guessed, without repeating it', () => {
    expect(() => readConfig({ OPERATIONS_TOKEN: 'geheim' }, SERVICE_FIELDS)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^(?!.*geheim)[\s\S]*OPERATIONS_TOKEN is not valid: at least 16/),
      }),
    );
  });

  it('keeps passwords out of its complaints', () => {
    expect(() => readConfig({ DATABASE_URL: 'u:geheim', REDIS_URL: 'u:geheim', LOG_LEVEL: 'loud' }, SERVICE_FIELDS)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('geheim') }),
    );
  });
});
