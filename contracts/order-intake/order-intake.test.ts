import { readFile } from 'node:fs/promises';
import { type ContractRegistry, loadContracts } from '@throughline/contracts';
import { orderCodec } from '@throughline/events';

type Json = Record<string, unknown>;
type Envelope = Json & { payload: Json & { items?: Json[] } };

const NAME = 'OrderCreated.v1';
const REQUIRED = ['eventType', 'eventVersion', 'eventId', 'timestamp', 'payload'];

let contracts: ContractRegistry;
beforeAll(async () => {
  contracts = await loadContracts(import.meta.dirname);
});

const bytesOf = (kind: 'example' | 'full.example'): Promise<Buffer> => readFile(new URL(`${NAME}.${kind}.json`, import.meta.url));
const exampleOf = async (kind: 'example' | 'full.example' = 'full.example'): Promise<Envelope> =>
  JSON.parse((await bytesOf(kind)).toString());
const pathsOf = (envelope: unknown, view: 'open' | 'closed' = 'closed'): string[] =>
  contracts.validate(NAME, envelope, view).map(({ path }) => path);

it('is the only contract of order intake, and the newest of its type', () => {
  expect([contracts.names, contracts.newest('OrderCreated')]).toEqual([[NAME], NAME]);
});

describe.each(['example', 'full.example'] as const)('%s', (kind) => {
  it('keeps the contract in both views', async () => {
    const envelope = await exampleOf(kind);
    expect([pathsOf(envelope, 'closed'), pathsOf(envelope, 'open')]).toEqual([[], []]);
  });

  it('comes back from the codec as it was', async () => {
    const event = orderCodec.decode(await bytesOf(kind));
    expect(event).toMatchObject({ type: 'OrderCreated', dataSchema: NAME, subject: '123' });
    expect(orderCodec.toEnvelope(event)).toEqual(await exampleOf(kind));
  });
});

describe('the envelope', () => {
  it("is the seed's sample, and nothing more is required", async () => {
    expect(await exampleOf('example')).toEqual({
      eventType: 'OrderCreated',
      eventVersion: 1,
      eventId: 'uuid',
      timestamp: '2025-01-01T12:00:00Z',
      payload: { orderId: '123', amount: 100.0 },
    });
    expect(Object.keys(await exampleOf('example'))).toEqual(REQUIRED);
  });

  it.each(REQUIRED)('requires %s', async (name) => {
    const envelope: Json = await exampleOf();
    delete envelope[name];
    expect([pathsOf(envelope), pathsOf(envelope, 'open')]).toEqual([[`/${name}`], [`/${name}`]]);
  });

  it.each(['orderId', 'amount'])('requires payload.%s', async (name) => {
    const envelope = await exampleOf();
    delete envelope.payload[name];
    expect([pathsOf(envelope), pathsOf(envelope, 'open')]).toEqual([[`/payload/${name}`], [`/payload/${name}`]]);
  });

  it.each(['sku', 'quantity'])('requires %s of an item', async (name) => {
    const envelope = await exampleOf();
    delete envelope.payload.items?.[1]?.[name];
    expect(pathsOf(envelope, 'open')).toEqual([`/payload/items/1/${name}`]);
  });

  it('refuses unknown properties when written, accepts them when read', async () => {
    const envelope = await exampleOf();
    const items = [{ sku: 'a', quantity: 1, colour: 'red' }];
    const extended = { ...envelope, region: 'eu', payload: { ...envelope.payload, coupon: 'x', items } };
    expect(pathsOf(extended).sort()).toEqual(['/payload/coupon', '/payload/items/0/colour', '/region']);
    expect(pathsOf(extended, 'open')).toEqual([]);
  });

  it.each([
    ['eventType', 'OrderCancelled'],
    ['eventVersion', 2],
    ['eventVersion', '1'],
    ['eventId', ''],
    ['timestamp', 'yesterday'],
    ['timestamp', 1735732800],
    ['source', ''],
    ['ownerId', 'ada'],
    ['payload', []],
  ])('refuses %s = %j', async (name, value) => {
    expect(pathsOf({ ...(await exampleOf()), [name]: value })).toEqual([`/${name}`]);
  });
});

describe('the payload', () => {
  it.each([
    ['orderId', ''],
    ['orderId', 'o'.repeat(129)],
    ['orderId', 'a b'],
    ['orderId', 'a\n'],
    ['orderId', 'ä'],
    ['orderId', 123],
    ['amount', 0],
    ['amount', -1],
    ['amount', 1e9 + 1],
    ['amount', '100.00'],
    ['amount', null],
    ['currency', 'eur'],
    ['currency', 'EURO'],
    ['currency', ''],
    ['items', {}],
    ['items', Array.from({ length: 101 }, () => ({ sku: 's', quantity: 1 }))],
    ['requestId', 'r'],
    ['acceptedAt', '2025-01-01'],
  ])('refuses %s = %j', async (name, value) => {
    const envelope = await exampleOf();
    envelope.payload[name] = value;
    expect(pathsOf(envelope)).toEqual([`/payload/${name}`]);
  });

  it.each([
    ['orderId', 'Aa0._-'],
    ['orderId', 'o'.repeat(128)],
    ['amount', 0.01],
    ['amount', 1e9],
    ['items', []],
    ['items', Array.from({ length: 100 }, () => ({ sku: '🎈'.repeat(64), quantity: 1_000_000, unitPrice: 1e9 }))],
    ['items', [{ sku: 's', quantity: 1, unitPrice: 0 }]],
  ])('accepts %s at its limit', async (name, value) => {
    const envelope = await exampleOf();
    envelope.payload[name] = value;
    expect(pathsOf(envelope)).toEqual([]);
  });

  it.each([
    ['sku', ''],
    ['sku', 's'.repeat(65)],
    ['sku', 'a\u0000b'],
    ['sku', 'a\ud800b'],
    ['sku', 7],
    ['quantity', 0],
    ['quantity', 1.5],
    ['quantity', 1_000_001],
    ['unitPrice', -0.01],
    ['unitPrice', 1e9 + 1],
    ['unitPrice', '1'],
  ])('refuses an item whose %s is %j', async (name, value) => {
    const envelope = await exampleOf();
    envelope.payload.items = [{ sku: 's', quantity: 1, [name]: value }];
    expect(pathsOf(envelope)).toEqual([`/payload/items/0/${name}`]);
  });
});
