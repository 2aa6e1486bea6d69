import { ConfigError } from './config-error.ts';
import { flag, integer, list, oneOf, optional, port, text, url } from './config-fields.ts';
import { readConfig } from './read-config.ts';

const spec = {
  httpPort: port('HTTP_PORT'),
  databaseUrl: url('DATABASE_URL', { secret: true }),
  logLevel: oneOf('LOG_LEVEL', ['info', 'debug'], 'info'),
  createTopics: flag('CREATE_TOPICS', false),
  dataDir: text('DATA_DIR', { default: 'data' }),
  maxBytes: integer('MAX_BYTES', { min: 1, max: 100, default: 10 }),
  brokers: list('KAFKA_BROKERS'),
  admin: optional(text('ADMIN')),
};
const valid = { HTTP_PORT: '8080', DATABASE_URL: 'postgres://u:hunter2@db:5432/a', KAFKA_BROKERS: 'a:1, b:2' };

describe('readConfig', () => {
  it('reads types and defaults, and is frozen', () => {
    const config = readConfig(valid, spec);
    expect(config).toEqual({
      httpPort: 8080,
      databaseUrl: 'postgres://u:hunter2@db:5432/a',
      logLevel: 'info',
      createTopics: false,
      dataDir: 'data',
      maxBytes: 10,
      brokers: ['a:1', 'b:2'],
      admin: undefined,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('reports every fault at once, and no secret', () => {
    const environment = {
      HTTP_PORT: '99999',
      DATABASE_URL: 'hunter2',
      LOG_LEVEL: 'loud',
      CREATE_TOPICS: 'yes',
      MAX_BYTES: '1.5',
      KAFKA_BROKERS: ' ',
    };
    const fault = (() => {
      try {
        readConfig(environment, spec);
      } catch (error) {
        return error as ConfigError;
      }
      return undefined;
    })();
    expect(fault).toBeInstanceOf(ConfigError);
    expect(fault?.faults).toEqual([
      'HTTP_PORT is not valid ("99999"): a whole number, at least 0 and at most 65535',
      'DATABASE_URL is not valid: a URL such as scheme://host:port',
      'LOG_LEVEL is not valid ("loud"): one of info, debug',
      'CREATE_TOPICS is not valid ("yes"): true or false',
      'MAX_BYTES is not valid ("1.5"): a whole number, at least 1 and at most 100',
      'KAFKA_BROKERS is missing: one or more texts between commas',
    ]);
    expect(fault?.message).toContain('6 faults');
    expect(fault?.message).not.toContain('hunter2');
  });

  it.each([
    ['CREATE_TOPICS', 'true', 'createTopics', true],
    ['CREATE_TOPICS', '0', 'createTopics', false],
    ['LOG_LEVEL', 'debug', 'logLevel', 'debug'],
    ['MAX_BYTES', '100', 'maxBytes', 100],
    ['DATA_DIR', '', 'dataDir', 'data'],
    ['HTTP_PORT', '0', 'httpPort', 0],
  ])('%s=%s', (variable, value, name, expected) => {
    expect(readConfig({ ...valid, [variable]: value }, spec)).toHaveProperty(name, expected);
  });
});
