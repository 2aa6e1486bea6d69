import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSecurity } from './open-driver.ts';

const config = { kafkaBrokers: ['localhost:9092'], createTopics: false };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'throughline-ca-'));
  await writeFile(join(folder, 'ca.crt'), 'PEM');
});

afterAll(() => rm(folder, { recursive: true }));

describe('readSecurity', () => {
  it('is nothing where nothing is said', async () => {
    expect(await readSecurity(config)).toBeUndefined();
  });

  it('reads the authorities, with a login and without', async () => {
    const kafkaCaFile = join(folder, 'ca.crt');
    expect(await readSecurity({ ...config, kafkaCaFile })).toEqual({ certificateAuthorities: 'PEM' });
    expect(await readSecurity({ ...config, kafkaCaFile, kafkaUsername: 'bucket', kafkaPassword: 'secret' })).toEqual({
      certificateAuthorities: 'PEM',
      credentials: { username: 'bucket', password: 'secret' },
    });
  });

  it.each([
    [{ kafkaUsername: 'bucket' }, /KAFKA_USERNAME and KAFKA_PASSWORD belong together/],
    [{ kafkaPassword: 'secret' }, /KAFKA_USERNAME and KAFKA_PASSWORD belong together/],
    [{ kafkaUsername: 'bucket', kafkaPassword: 'secret' }, /KAFKA_USERNAME needs KAFKA_CA_FILE/],
    [{ kafkaCaFile: '/nowhere/ca.crt' }, /KAFKA_CA_FILE \(\/nowhere\/ca\.crt\) cannot be read/],
  ])('refuses %j', async (given, message) => {
    await expect(readSecurity({ ...config, ...given })).rejects.toThrow(message);
  });
});
