import type { StreamEvent } from './event-store.ts';
import { createUpcasting, type Upcaster } from './upcasters.ts';

const stored: StreamEvent = {
  aggregateType: 'account',
  aggregateId: 'a-1',
  id: 'e-1',
  version: 3,
  type: 'OPENED',
  schemaVersion: 1,
  data: { name: 'Ada Lovelace' },
  metadata: {},
  occurredAt: new Date(0),
};

const split: Upcaster = {
  type: 'OPENED',
  fromSchemaVersion: 1,
  upcast: ({ name }: { name: string }) => ({ first: name.split(' ')[0], last: name.split(' ')[1] }),
};
const renamed: Upcaster = {
  type: 'OPENED',
  fromSchemaVersion: 2,
  toType: 'ACCOUNT_OPENED',
  upcast: (data: object, { occurredAt }) => ({ ...data, since: occurredAt.getTime() }),
};

it('goes from version to version until none fits, and leaves what is stored as it is', () => {
  const { upcast } = createUpcasting([renamed, split]);
  expect(upcast(stored)).toEqual({
    ...stored,
    type: 'ACCOUNT_OPENED',
    schemaVersion: 3,
    data: { first: 'Ada', last: 'Lovelace', since: 0 },
  });
  expect(stored).toMatchObject({ type: 'OPENED', schemaVersion: 1, data: { name: 'Ada Lovelace' } });
});

it('leaves events alone that are newer or of other types', () => {
  const { upcast } = createUpcasting([split]);
  for (const event of [
    { ...stored, schemaVersion: 2 },
    { ...stored, type: 'CLOSED' },
  ])
    expect(upcast(event)).toBe(event);
});

it('knows under which types an event may be stored', () => {
  const again: Upcaster = { type: 'BEGUN', fromSchemaVersion: 1, toType: 'OPENED', upcast: (data) => data };
  const { storedTypes } = createUpcasting([renamed, split, again]);
  expect(new Set(storedTypes(['ACCOUNT_OPENED']))).toEqual(new Set(['ACCOUNT_OPENED', 'OPENED', 'BEGUN']));
  expect(storedTypes(['CLOSED'])).toEqual(['CLOSED']);
});

it('refuses two ways from one version', () => {
  expect(() => createUpcasting([split, split])).toThrow(expect.objectContaining({ code: 'CONFIGURATION_REFUSED' }));
});
