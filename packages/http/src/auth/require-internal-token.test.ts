import type { IncomingMessage } from 'node:http';
import { requireInternalToken } from './require-internal-token.ts';

describe('requireInternalToken', () => {
  const guard = requireInternalToken('right');
  const contextWith = (token?: string) => ({
    request: { headers: token === undefined ? {} : { 'x-internal-token': token } } as unknown as IncomingMessage,
  });

  it('lets the right token pass', () => {
    expect(() => guard(contextWith('right'))).not.toThrow();
  });

  it.each([['wrong'], [''], ['right '], [undefined]])('refuses %p', (token) => {
    expect(() => guard(contextWith(token))).toThrow(expect.objectContaining({ code: 'internal_token_invalid' }));
  });
});
