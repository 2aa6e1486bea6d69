import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KafkaSecurity } from '@throughline/kafka';
import { readSecurity } from './open-driver.ts';

const config = { kafkaBrokers: ['localhost:9092'], createTopics: false };
let folder: string;
let kafkaCaFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'throughline-ca-'));
  kafkaCaFile = join(folder, 'ca.crt');
  writeFileSync(kafkaCaFile, 'PEM');
});

afterEach(() => rmSync(folder, { recursive: true }));

const asked = (value: string | (() => string) | undefined) => (typeof value === 'function' ? value() : value);
const authoritiesOf = (security: KafkaSecurity | undefined) => asked(security?.certificateAuthorities);
const passwordOf = (security: KafkaSecurity | undefined) => asked(security?.credentials?.password);

describe('readSecurity', () => {
  it('is nothing where nothing is said', () => {
    expect(readSecurity(config)).toBeUndefined();
  });

  it('reads the authorities, with a login and without', () => {
    const withoutLogin = readSecurity({ ...config, kafkaCaFile });
    expect([authoritiesOf(withoutLogin), withoutLogin?.credentials]).toEqual(['PEM', undefined]);
    const security = readSecurity({ ...config, kafkaCaFile, kafkaUsername: 'bucket', kafkaPassword: 'secret' });
    expect(authoritiesOf(security)).toBe('PEM');
    expect([security?.credentials?.username, passwordOf(security)]).toEqual(['bucket', 'secret']);
  });

  it('takes every authority of a folder, and what else is in it for nothing', () => {
    writeFileSync(join(folder, 'ca-2026-11-21T19-00-00Z.crt'), 'FORMER');
    writeFileSync(join(folder, 'ca.p12'), 'binary');
    mkdirSync(join(folder, '..data'));
    expect(
      authoritiesOf(readSecurity({ ...config, kafkaCaFile: folder }))
        ?.split('\n')
        .sort(),
    ).toEqual(['FORMER', 'PEM']);
  });

  it('asked later tells what the files hold by then', () => {
    const kafkaPasswordFile = join(folder, 'password');
    writeFileSync(kafkaPasswordFile, 'old\n');
    const security = readSecurity({ ...config, kafkaCaFile: folder, kafkaUsername: 'bucket', kafkaPasswordFile });
    expect([authoritiesOf(security), passwordOf(security)]).toEqual(['PEM', 'old']);
    writeFileSync(kafkaCaFile, 'RENEWED');
    writeFileSync(kafkaPasswordFile, 'new');
    expect([authoritiesOf(security), passwordOf(security)]).toEqual(['RENEWED', 'new']);
  });

  it.each([
    [{ kafkaUsername: 'bucket' }, /KAFKA_USERNAME and KAFKA_PASSWORD .*belong together/],
    [{ kafkaPassword: 'secret' }, /KAFKA_USERNAME and KAFKA_PASSWORD .*belong together/],
    [{ kafkaUsername: 'bucket', kafkaPassword: 'a', kafkaPasswordFile: 'b' }, /KAFKA_PASSWORD and KAFKA_PASSWORD_FILE: only one/],
    [{ kafkaUsername: 'bucket', kafkaPasswordFile: '/nowhere/password' }, /KAFKA_PASSWORD_FILE .*cannot be read/],
    [{ kafkaUsername: 'bucket', kafkaPassword: 'secret' }, /KAFKA_USERNAME needs KAFKA_CA_FILE/],
    [{ kafkaCaFile: '/nowhere/ca.crt' }, /KAFKA_CA_FILE \(\/nowhere\/ca\.crt\) cannot be read/],
  ])('refuses %j', (given, message) => {
    expect(() => readSecurity({ ...config, ...given })).toThrow(message);
  });

  it('refuses a folder without an authority', () => {
    rmSync(kafkaCaFile);
    expect(() => readSecurity({ ...config, kafkaCaFile: folder })).toThrow(/KAFKA_CA_FILE .*cannot be read/);
  });
});
