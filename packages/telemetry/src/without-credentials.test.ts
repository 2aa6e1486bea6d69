import { withoutCredentials } from './without-credentials.ts';

it.each([
  ['no way to postgres://user:hunter2@host/db', 'no way to postgres://[redacted]@host/db'],
  ['Authorization: Bearer abc.def-1', 'Authorization: Bearer [redacted]'],
  ['host=db password=hunter2 user=a', 'host=db password=[redacted] user=a'],
  ["PGPASSWORD='hunter 2' psql", 'PGPASSWORD=[redacted] psql'],
  ['{"clientSecret": "hun\\"ter2","id":1}', '{"clientSecret": [redacted],"id":1}'],
  ['?secret=hunter2&a=1', '?secret=[redacted]&a=1'],
])('%j tells no credentials', (text, told) => {
  expect(withoutCredentials(text)).toBe(told);
});

it.each([
  ['password authentication failed for user "storage"'],
  ['data must have required property "password"'],
  ['https://example.test/a?b=c'],
])('%j is told as it is', (text) => {
  expect(withoutCredentials(text)).toBe(text);
});
