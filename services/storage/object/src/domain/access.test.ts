import { mayRead } from './access.ts';

describe('mayRead', () => {
  it.each([
    ['owner', 'PRIVATE', undefined, true],
    ['owner', 'PUBLIC', 'PRIVATE', true],
    ['other', 'PRIVATE', undefined, false],
    ['other', 'PUBLIC', undefined, true],
    ['other', 'PUBLIC', 'PUBLIC', true],
    ['other', 'PUBLIC', 'PRIVATE', false],
    ['other', 'PRIVATE', 'PUBLIC', false],
    [undefined, 'PRIVATE', undefined, false],
    [undefined, 'PUBLIC', undefined, true],
    [undefined, 'PUBLIC', 'PRIVATE', false],
  ] as const)('%s, object %s, version %s: %s', (callerId, accessLevel, versionAccessLevel, expected) => {
    const content = { ownerId: 'owner', accessLevel, ...(versionAccessLevel && { versionAccessLevel }) };
    expect(mayRead(content, callerId)).toBe(expected);
  });
});
