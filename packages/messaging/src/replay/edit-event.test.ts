import { bytes, jsonCodec, recordOf, thing, thingContracts } from '../../test/fixtures.ts';
import { type EditEventOptions, editEvent } from './edit-event.ts';

const subscription: EditEventOptions['subscription'] = {
  group: 'things',
  codec: jsonCodec,
  contracts: thingContracts,
  handlers: { THING_HAPPENED: async () => {} },
};

const original = thing({ id: 'original', correlationId: 'story', partitionKey: 'key-1' });
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const headers = { ...recordOf(original).headers, ...bytes({ traceparent, tenant: 'a', 'dlq-id': 'x', 'retry-attempts': '3' }) };
const edit = (envelope: unknown, changes: Partial<EditEventOptions> = {}) =>
  editEvent({
    original: { eventId: 'original', headers },
    envelope,
    subscription,
    newId: () => 'new',
    ...changes,
  });

it('makes a new event, caused by the original, in its correlation and trace', () => {
  const edited = edit({ ...thing({ id: 'typed' }), data: { name: 'right' } });
  if ('violations' in edited) throw new Error('refused');
  expect(edited).toMatchObject({ eventId: 'new', source: 'THING_SERVICE', eventType: 'THING_HAPPENED' });
  expect(jsonCodec.decode(edited.value)).toMatchObject({ id: 'new', data: { name: 'right' } });
  const texts = Object.fromEntries(Object.entries(edited.headers).map(([name, value]) => [name, value.toString()]));
  expect(texts).toMatchObject({
    ce_id: 'new',
    ce_causationid: 'original',
    ce_correlationid: 'story',
    ce_partitionkey: 'key-1',
    ce_dataschema: 'THING_HAPPENED.v1',
    traceparent,
    tenant: 'a',
  });
  expect(Object.keys(texts).filter((name) => /^(dlq|retry)-/.test(name))).toEqual([]);
});

it('makes the original its correlation where that had none', () => {
  const edited = edit(thing(), { original: { eventId: 'original', headers: {} } });
  expect('headers' in edited && edited.headers.ce_correlationid?.toString()).toBe('original');
});

it.each([
  ['breaks its contract', { ...thing(), data: {} }, '/data/name', 'must be string'],
  ['has a type without contract', thing({ type: 'OTHER' }), '', 'is of type OTHER, which has no contract'],
])('refuses an envelope that %s, naming the place', (_, envelope, path, message) => {
  expect(edit(envelope)).toMatchObject({ violations: [{ path, message }] });
});

it('refuses what the codec cannot read', () => {
  const strict = { ...jsonCodec, decode: () => jsonCodec.decode(Buffer.from('{')) };
  expect(edit({}, { subscription: { ...subscription, codec: strict } })).toEqual({
    violations: [{ path: '', message: 'not JSON' }],
  });
});

it('refuses an event that its group would pass over', () => {
  expect(edit(thing(), { subscription: { ...subscription, handlers: {} } })).toEqual({
    violations: [{ path: '', message: 'is of type THING_HAPPENED, which things does not handle' }],
  });
});

it('refuses what is nested too deeply to be written', () => {
  const envelope = JSON.parse(`{"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
  expect(edit(envelope)).toEqual({ violations: [{ path: '', message: 'is nested too deeply' }] });
});
