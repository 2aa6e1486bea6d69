import { readFile } from 'node:fs/promises';
import { type ContractRegistry, loadContracts } from '@throughline/contracts';
import { s3Codec } from '@throughline/events';

type Json = Record<string, unknown>;
type Envelope = Json & { payload: Json };

const SOURCES = {
  BUCKET_UPDATED: 'BUCKET_SERVICE',
  BUCKET_DELETED: 'BUCKET_SERVICE',
  OBJECT_CREATED: 'OBJECT_SERVICE',
  OBJECT_UPDATED: 'OBJECT_SERVICE',
  OBJECT_DELETED: 'OBJECT_SERVICE',
};
const TYPES = Object.keys(SOURCES);
const SEED_FIELDS: Readonly<Record<string, readonly string[]>> = {
  BUCKET_UPDATED: ['payloadType', 'bucketName', 'versioningEnabled'],
  BUCKET_DELETED: ['payloadType', 'bucketName'],
  OBJECT_CREATED: ['payloadType', 'objectId', 'bucketName', 'fileName', 'description', 'tags', 'accessLevel', 'versionEnabled'],
  OBJECT_UPDATED: ['payloadType', 'objectId', 'bucketName', 'fileName', 'versionEnabled'],
  OBJECT_DELETED: ['payloadType', 'objectId', 'bucketName', 'fileName'],
};
const ENVELOPE_FIELDS = ['eventId', 'eventType', 'sourceService', 'ownerId', 'occurredAt', 'payload'];
const OBJECT_FIELDS = ['bucketId', 'size', 'etag', 'contentType', 'versionId', 'createdAt', 'updatedAt', 'revision'];

let contracts: ContractRegistry;
beforeAll(async () => {
  contracts = await loadContracts(import.meta.dirname);
});

const bytesOf = (type: string, kind: 'example' | 'full.example'): Promise<Buffer> =>
  readFile(new URL(`${type}.v1.${kind}.json`, import.meta.url));
const exampleOf = async (type: string, kind: 'example' | 'full.example' = 'example'): Promise<Envelope> =>
  JSON.parse((await bytesOf(type, kind)).toString());
const pathsOf = (type: string, envelope: unknown, view: 'open' | 'closed' = 'closed'): string[] =>
  contracts.validate(`${type}.v1`, envelope, view).map(({ path }) => path);

describe('contracts of object storage', () => {
  it('are these', () => {
    expect([...contracts.names].sort()).toEqual(TYPES.map((type) => `${type}.v1`).sort());
  });

  describe.each(TYPES)('%s', (type) => {
    it.each(['example', 'full.example'] as const)('accepts its %s in both views', async (kind) => {
      const envelope = await exampleOf(type, kind);
      expect(contracts.validate(`${type}.v1`, envelope, 'closed')).toEqual([]);
      expect(contracts.validate(`${type}.v1`, envelope, 'open')).toEqual([]);
    });

    it.each(['example', 'full.example'] as const)('comes back from the codec as its %s', async (kind) => {
      const event = s3Codec.decode(await bytesOf(type, kind));
      expect(event).toMatchObject({ type, source: SOURCES[type as keyof typeof SOURCES] });
      expect(s3Codec.toEnvelope(event)).toEqual(await exampleOf(type, kind));
    });

    it.each(ENVELOPE_FIELDS)('requires %s', async (name) => {
      const envelope: Json = await exampleOf(type);
      delete envelope[name];
      expect(pathsOf(type, envelope)).toEqual([`/${name}`]);
      expect(pathsOf(type, envelope, 'open')).toEqual([`/${name}`]);
    });

    it.each(SEED_FIELDS[type] ?? [])('requires payload.%s', async (name) => {
      const envelope = await exampleOf(type);
      delete envelope.payload[name];
      const expected = [{ path: `/payload/${name}`, rule: 'required', message: `must have required property '${name}'` }];
      expect(contracts.validate(`${type}.v1`, envelope, 'closed')).toEqual(expected);
      expect(contracts.validate(`${type}.v1`, envelope, 'open')).toEqual(expected);
    });

    it("has no field beyond the seed's in its example, and requires none beyond them", async () => {
      expect(Object.keys(await exampleOf(type))).toEqual(ENVELOPE_FIELDS);
      expect(Object.keys((await exampleOf(type)).payload)).toEqual(SEED_FIELDS[type]);
    });

    it('refuses unknown properties when written, accepts them when read', async () => {
      const envelope = await exampleOf(type);
      const extended = { ...envelope, region: 'eu', payload: { ...envelope.payload, colour: 'red' } };
      expect(pathsOf(type, extended).sort()).toEqual(['/payload/colour', '/region']);
      expect(pathsOf(type, extended, 'open')).toEqual([]);
    });

    it.each(['eventType', 'sourceService', 'payload/payloadType'])('fixes %s', async (path) => {
      const envelope = await exampleOf(type);
      if (path === 'payload/payloadType') envelope.payload.payloadType = 'OTHER';
      else envelope[path] = 'OTHER';
      expect(pathsOf(type, envelope)).toEqual([`/${path}`]);
    });
  });
});

describe('limits', () => {
  it.each([
    ['objectId', 'not-a-uuid'],
    ['bucketName', 'ab'],
    ['bucketName', 'b'.repeat(64)],
    ['fileName', ''],
    ['fileName', 'n'.repeat(1025)],
    ['fileName', 'a\u0000b'],
    ['description', 'd'.repeat(2049)],
    ['description', 'a\u0000b'],
    ['description', null],
    ['tags', Array.from({ length: 51 }, (_, index) => `t${index}`)],
    ['accessLevel', 'private'],
    ['versionEnabled', 'false'],
    ['bucketId', 'my-photos'],
    ['size', -1],
    ['size', 1.5],
    ['etag', '"abc"'],
    ['etag', 'A'.repeat(64)],
    ['contentType', ''],
    ['contentType', 'c'.repeat(256)],
    ['versionId', '1'],
    ['createdAt', '2026-01-06'],
    ['updatedAt', 1767694492.643695],
    ['revision', -1],
    ['revision', 1.5],
  ])('OBJECT_CREATED refuses %s = %j', async (name, value) => {
    const envelope = await exampleOf('OBJECT_CREATED', 'full.example');
    envelope.payload[name] = value;
    expect(pathsOf('OBJECT_CREATED', envelope)).toEqual([`/payload/${name}`]);
  });

  it.each([
    ['bucketName', 'abc'],
    ['bucketName', 'b'.repeat(63)],
    ['fileName', 'a/b/ü 🎈.png'],
    ['fileName', 'n'.repeat(1024)],
    ['description', ''],
    ['description', '🎈'.repeat(2048)],
    ['tags', []],
    ['tags', Array.from({ length: 50 }, () => 't'.repeat(128))],
    ['size', 0],
    ['size', 5 * 1024 ** 3],
  ])('OBJECT_CREATED accepts %s at its limit', async (name, value) => {
    const envelope = await exampleOf('OBJECT_CREATED', 'full.example');
    envelope.payload[name] = value;
    expect(pathsOf('OBJECT_CREATED', envelope)).toEqual([]);
  });

  it.each(['', 't'.repeat(129), 7])('refuses the tag %j with its position', async (tag) => {
    const envelope = await exampleOf('OBJECT_CREATED');
    envelope.payload.tags = ['fine', tag];
    expect(pathsOf('OBJECT_CREATED', envelope)).toEqual(['/payload/tags/1']);
  });

  it.each(OBJECT_FIELDS)('OBJECT_UPDATED may carry %s and need not', async (name) => {
    const envelope = await exampleOf('OBJECT_UPDATED', 'full.example');
    expect(envelope.payload).toHaveProperty(name);
    delete envelope.payload[name];
    expect(pathsOf('OBJECT_UPDATED', envelope)).toEqual([]);
  });
});
