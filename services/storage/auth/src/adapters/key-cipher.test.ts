import { createKeyCipher } from './key-cipher.ts';

const cipher = createKeyCipher('a secret of at least thirty-two characters');

it('opens what it sealed', () => {
  expect(cipher.open(cipher.seal('private', 'kid-1'), 'kid-1')).toBe('private');
});

it('seals the same text differently each time and never shows it', () => {
  const [one, two] = [cipher.seal('private', 'kid-1'), cipher.seal('private', 'kid-1')];
  expect(one.equals(two)).toBe(false);
  expect(one.includes('private')).toBe(false);
});

it('refuses a secret that could be guessed', () => {
  expect(() => createKeyCipher('short')).toThrow('at least 32 characters');
});

it.each([
  [
    'another secret',
    () => createKeyCipher('another secret, also thirty-two characters').open(cipher.seal('x', 'kid-1'), 'kid-1'),
  ],
  ["another key's context", () => cipher.open(cipher.seal('x', 'kid-1'), 'kid-2')],
  ['changed bytes', () => cipher.open(flipLastBit(cipher.seal('x', 'kid-1')), 'kid-1')],
])('refuses %s', (_, open) => {
  expect(open).toThrow();
});

function flipLastBit(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1);
  return copy;
}
