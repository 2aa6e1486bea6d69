import { readConfig } from './read-config.ts';
import { SERVICE_FIELDS } from './service-fields.ts';

describe('what every service is told', () => {
  it('listens on the machine alone unless told otherwise', () => {
    const config = readConfig(
      { HTTP_PORT: '1', OPS_PORT: '2', DATABASE_URL: 'postgres://u:geheim@h/d', REDIS_URL: 'redis://h' },
      SERVICE_FIELDS,
    );
    expect(config).toMatchObject({ host: '127.0.0.1', httpPort: 1, opsPort: 2, logLevel: 'info' });
  });

  it('keeps passwords out of its complaints', () => {
    expect(() => readConfig({ DATABASE_URL: 'u:geheim', REDIS_URL: 'u:geheim', LOG_LEVEL: 'loud' }, SERVICE_FIELDS)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('geheim') }),
    );
  });
});
