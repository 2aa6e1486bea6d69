import { fromStoredHeaders, type Headers, toSentHeaders, toStoredHeaders } from './header-json.ts';

it.each([
  ['text', 'grüße'],
  ['an empty value', ''],
  ['text as bytes', Buffer.from('grüße')],
  ['bytes that are no text', Buffer.from([0xff, 0x00, 0x80])],
  ['NUL', 'a\0b'],
])('gives back %s byte for byte', (_, value) => {
  const stored = JSON.parse(JSON.stringify(toStoredHeaders({ one: value, many: [value, 'x'] })));
  expect(fromStoredHeaders(stored)).toEqual({
    one: Buffer.from(value as string),
    many: [Buffer.from(value as string), Buffer.from('x')],
  });
  expect(JSON.stringify(stored)).not.toContain('\\u0000');
});

it('keeps text readable', () => {
  expect(toStoredHeaders({ ce_id: Buffer.from('e-1') })).toEqual({ ce_id: 'e-1' });
});

it.each(['a\0b', 'base64:YQ==', '__proto__', ''])('gives back the name %j', (name) => {
  const stored = JSON.stringify(toStoredHeaders({ [name]: 'x' }));
  expect(stored).not.toContain('\\u0000');
  expect(Object.entries(fromStoredHeaders(JSON.parse(stored)))).toEqual([[name, Buffer.from('x')]]);
});

it.each<Headers>([
  { ce_id: 'e-1', ce_subject: 'grüße', empty: '' },
  { 'base64:YQ==': 'x' },
  { text: 'x', bytes: Buffer.from([0xff, 0x00]) },
  { many: ['a', Buffer.from('b')] },
])('sends the same bytes that it gives back: %j', (headers) => {
  const stored = JSON.parse(JSON.stringify(toStoredHeaders(headers)));
  const sent = Object.entries(toSentHeaders(stored)).map(([name, value]) => [
    name,
    typeof value === 'string' ? Buffer.from(value) : value,
  ]);
  expect(sent).toEqual(Object.entries(fromStoredHeaders(stored)));
});
