import { objectNameFault } from './object-name.ts';

describe('objectNameFault', () => {
  it.each([
    'a',
    'photos/2026/a b.png',
    'ä/ö',
    '...',
    'a..b',
    '.hidden',
    'folder/',
    'a//b',
    '100%',
    'a\\b',
    '🙂',
    'x'.repeat(1024),
  ])('accepts %j', (name) => {
    expect(objectNameFault(name)).toBeUndefined();
  });

  it.each([
    ['', 'empty'],
    ['..', 'segments'],
    ['.', 'segments'],
    ['../x', 'segments'],
    ['a/../b', 'segments'],
    ['a/.', 'segments'],
    ['a\u0000b', 'control'],
    ['a\nb', 'control'],
    ['a\u007fb', 'control'],
    ['a\u0085b', 'control'],
    ['x'.repeat(1025), '1024 bytes'],
    ['ä'.repeat(513), '1024 bytes'],
    ['\ud800', 'Unicode'],
  ])('refuses %j', (name, part) => {
    expect(objectNameFault(name)).toContain(part);
  });
});
