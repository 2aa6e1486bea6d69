import { normaliseEmail, normalisePassword, scopesOf } from './account.ts';

describe('scopesOf', () => {
  it('gives users storage and orders', () => {
    expect(scopesOf(['user'])).toEqual(['storage:read', 'storage:write', 'orders:read', 'orders:write']);
  });

  it('adds admin for administrators and repeats nothing', () => {
    expect(scopesOf(['user', 'admin', 'user'])).toEqual([
      'storage:read',
      'storage:write',
      'orders:read',
      'orders:write',
      'admin',
    ]);
  });
});

it('stores addresses in lower case', () => {
  expect(normaliseEmail('Ada.Lovelace@Example.ORG')).toBe('ada.lovelace@example.org');
});

it('takes composed and decomposed characters of a password for the same', () => {
  expect(normalisePassword('cafe\u0301')).toBe(normalisePassword('caf\u00e9'));
});
