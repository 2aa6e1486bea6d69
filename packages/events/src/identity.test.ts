import { recordEventId } from './record-event-id.ts';
import { uuidV5 } from './uuid-v5.ts';

describe('recordEventId', () => {
  it('is the position of the record', () => {
    expect(recordEventId('storage.object.v1', 3, 42n)).toBe('storage.object.v1/3/42');
    expect(recordEventId('storage.object.v1', 0, '9223372036854775807')).toBe('storage.object.v1/0/9223372036854775807');
  });
});

describe('uuidV5', () => {
  // RFC 9562, appendix A.4, and Python's uuid.uuid5 for the others.
  it.each([
    ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com', '2ed6657d-e927-568b-95e1-2665a8aea6a2'],
    ['6BA7B810-9DAD-11D1-80B4-00C04FD430C8', 'www.example.com', '2ed6657d-e927-568b-95e1-2665a8aea6a2'],
    ['6ba7b811-9dad-11d1-80b4-00c04fd430c8', 'größe', 'f79a67b0-68e1-58be-a0e0-7e057a94ba07'],
    ['6ba7b811-9dad-11d1-80b4-00c04fd430c8', '', '1b4db7eb-4057-5ddf-91e0-36dec72071f5'],
  ])('%s and %j', (namespace, name, expected) => {
    expect(uuidV5(namespace, name)).toBe(expected);
  });

  it('refuses a namespace that is not a UUID', () => {
    expect(() => uuidV5('storage', 'name')).toThrow(TypeError);
  });
});
