import { readHeaders } from '@throughline/events';
import { bytes, jsonCodec, thing, thingContracts } from '../../test/fixtures.ts';
import { createEventPublisher } from './create-event-publisher.ts';
import type { OutboxMessage } from './outbox.ts';

function setUp() {
  const inserted: { tx: string; message: OutboxMessage }[] = [];
  const publisher = createEventPublisher<string>({
    source: 'THING_SERVICE',
    codec: jsonCodec,
    contracts: thingContracts,
    outbox: { insert: async (tx, messages) => void inserted.push(...messages.map((message) => ({ tx, message }))) },
    destination: () => ({ topic: 'things.v1', aggregateType: 'thing' }),
    clock: { nowMs: () => Date.parse('2026-01-06T10:14:52.643Z') },
  });
  return { publisher, inserted };
}

describe('createEventPublisher', () => {
  it('puts the encoded event with its headers into the caller’s transaction', async () => {
    const { publisher, inserted } = setUp();
    const event = await publisher.publish('tx-1', {
      type: 'THING_HAPPENED',
      key: 'thing-9',
      ownerId: 'user-1',
      data: { name: 'a' },
    });
    expect(event).toMatchObject({
      source: 'THING_SERVICE',
      time: '2026-01-06T10:14:52.643000Z',
      correlationId: event.id,
      ownerId: 'user-1',
    });
    expect(inserted).toMatchObject([
      {
        tx: 'tx-1',
        message: { id: event.id, aggregateType: 'thing', aggregateId: 'thing-9', topic: 'things.v1', key: 'thing-9' },
      },
    ]);
    const [{ message }] = inserted as unknown as [{ message: OutboxMessage }];
    const { headers, payload } = message;
    expect(jsonCodec.decode(payload)).toMatchObject({ id: event.id, data: { name: 'a' } });
    expect(readHeaders(bytes(headers))).toMatchObject({
      id: event.id,
      type: 'THING_HAPPENED',
      dataSchema: 'THING_HAPPENED.v1',
      partitionKey: 'thing-9',
      correlationId: event.id,
    });
  });

  it('continues the correlation of its cause', async () => {
    const { publisher } = setUp();
    const cause = { correlationId: 'first', causationId: 'before' };
    const event = await publisher.publish('tx', { type: 'THING_HAPPENED', key: 'k', data: { name: 'a' }, cause });
    expect(event).toMatchObject(cause);
  });

  it.each([
    ['CONTRACT_VIOLATED', 'THING_HAPPENED', { name: 'a', colour: 'blue' }],
    ['CONTRACT_UNKNOWN', 'OTHER', { name: 'a' }],
  ])('refuses with %s and inserts nothing', async (code, type, data) => {
    const { publisher, inserted } = setUp();
    await expect(publisher.publish('tx', { type, key: 'k', data })).rejects.toMatchObject({ code });
    expect(inserted).toEqual([]);
  });

  it('gives every event an id of its own', async () => {
    const { publisher } = setUp();
    const given = { type: 'THING_HAPPENED', key: 'k', data: thing().data };
    const ids = [await publisher.publish('tx', given), await publisher.publish('tx', given)].map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });
});
