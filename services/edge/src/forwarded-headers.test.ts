import { hasBody, toClientHeaders, toServiceHeaders } from './forwarded-headers.ts';

const origin = { clientAddress: '203.0.113.7', protocol: 'http' } as const;

describe('toServiceHeaders', () => {
  it('passes the message on and says where it came from', () => {
    expect(
      toServiceHeaders(
        {
          host: ['edge:8080'],
          authorization: ['Bearer t'],
          range: ['bytes=0-1'],
          traceparent: ['00-1-2-01'],
          expect: ['100-continue'],
        },
        origin,
      ),
    ).toEqual({
      host: 'edge:8080',
      authorization: 'Bearer t',
      range: 'bytes=0-1',
      traceparent: '00-1-2-01',
      expect: '100-continue',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'edge:8080',
    });
  });

  it.each([
    'x-internal-token',
    'forwarded',
    'x-real-ip',
    'te',
    'trailer',
    'upgrade',
    'keep-alive',
    'proxy-authorization',
    'proxy-connection',
  ])('drops %s', (name) => {
    expect(toServiceHeaders({ [name]: ['spoofed'] }, origin)).not.toHaveProperty(name);
  });

  it('replaces what the client claims about its address', () => {
    expect(toServiceHeaders({ 'x-forwarded-for': ['1.2.3.4', '5.6.7.8'] }, origin)['x-forwarded-for']).toBe('203.0.113.7');
  });

  it('drops headers that Connection names', () => {
    expect(
      toServiceHeaders({ connection: ['close, X-One', 'x-two'], 'x-one': ['1'], 'x-two': ['2'], 'x-three': ['3'] }, origin),
    ).toEqual({
      'x-three': '3',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'http',
    });
  });

  it.each([
    ['content-length', '5'],
    ['transfer-encoding', 'chunked'],
  ])('says where the body ends, though Connection names %s', (name, value) => {
    expect(toServiceHeaders({ connection: [name], [name]: [value] }, origin)).toMatchObject({ [name]: value });
  });

  it('frames a body of unknown length anew', () => {
    expect(toServiceHeaders({ 'transfer-encoding': ['gzip, chunked'] }, origin)['transfer-encoding']).toBe('chunked');
  });
});

it('keeps repeated headers of an answer apart and drops those of the connection', () => {
  expect(
    toClientHeaders({ 'set-cookie': ['a=1', 'b=2'], etag: ['"x"'], connection: ['keep-alive'], 'keep-alive': ['timeout=5'] }),
  ).toEqual({
    'set-cookie': ['a=1', 'b=2'],
    etag: '"x"',
  });
});

it.each([
  [{}, false],
  [{ 'content-length': '0' }, false],
  [{ 'content-length': '5' }, true],
  [{ 'transfer-encoding': 'chunked' }, true],
])('of %j a body follows: %s', (headers, expected) => {
  expect(hasBody(headers)).toBe(expected);
});
