import { BUCKET_NAME_PATTERN } from './bucket-name.ts';

const isBucketName = (name: string): boolean => new RegExp(BUCKET_NAME_PATTERN, 'u').test(name);

it.each(['abc', 'my-photos', '1.2.3', 'a.b-c.d', '192.168.1.1a', 'a'.repeat(63), 'xn--a'])('takes %s', (name) => {
  expect(isBucketName(name)).toBe(true);
});

it.each([
  '',
  'ab',
  'a'.repeat(64),
  'Photos',
  'my_photos',
  '-abc',
  'abc-',
  '.abc',
  'abc.',
  'a..b',
  'a.-b',
  'a-.b',
  '..',
  '192.168.1.1',
  'a/b',
  'a b',
  'äbc',
  'abc\n',
])('refuses %j', (name) => {
  expect(isBucketName(name)).toBe(false);
});
