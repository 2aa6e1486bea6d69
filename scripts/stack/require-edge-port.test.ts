import { once } from 'node:events';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createPortFinder, isPortFree } from './ports.ts';
import { requireEdgePort } from './require-edge-port.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));

describe('requireEdgePort', () => {
  it.each(['127.0.0.1', ...(hasIpv6 ? ['::1'] : [])])('refuses a port that another program has at %s', async (host) => {
    const port = await createPortFinder()([]);
    const other = createServer().listen(port, host);
    await once(other, 'listening');
    try {
      await expect(requireEdgePort(port)).rejects.toMatchObject({
        code: 'PORT_TAKEN',
        message: expect.stringContaining(String(port)),
      });
    } finally {
      other.close();
      await once(other, 'close');
    }
    await requireEdgePort(port);
  });
});

describe('isPortFree', () => {
  it('is true at an address this machine does not have', async () => {
    expect(await isPortFree(8080, '203.0.113.1')).toBe(true);
  });
});
