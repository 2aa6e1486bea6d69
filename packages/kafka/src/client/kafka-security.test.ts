import { securityOf } from './kafka-security.ts';

describe('securityOf', () => {
  it('is asked at each connect for what is renewed', () => {
    let certificateAuthorities = 'old';
    let password = 'old';
    const { ssl, sasl } = securityOf({
      certificateAuthorities: () => certificateAuthorities,
      credentials: { username: 'bucket', password: () => password },
    });
    // Each connection makes a copy of the one and reads the other.
    const connect = () => [{ ...(ssl as object) }, (sasl as { password: string }).password];
    expect(connect()).toEqual([{ ca: ['old'] }, 'old']);
    certificateAuthorities = 'new';
    password = 'new';
    expect(connect()).toEqual([{ ca: ['new'] }, 'new']);
  });

  it('is nothing where nothing is said', () => {
    expect(securityOf()).toEqual({});
  });

  it('sends no password without TLS', () => {
    expect(() => securityOf({ credentials: { username: 'bucket', password: 'secret' } })).toThrow('only sent through TLS');
  });
});
