import { createServer, type Server } from 'node:net';
import { createLogger } from '@throughline/telemetry';
import { createDatabase } from './create-database.ts';

const AUTHENTICATION_OK = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]);
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** What a server that shuts down says, as one message of the protocol. */
function shutdownError(): Buffer {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0', 'utf8');
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

let server: Server;
let port: number;

beforeEach(async () => {
  server = createServer((socket) => {
    socket.once('data', () => socket.end(Buffer.concat([AUTHENTICATION_OK, READY, shutdownError()])));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as { port: number }).port;
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

it('outlives a server that ends a connection in the packet that says it is ready', async () => {
  const database = createDatabase({
    connectionString: `postgres://somebody:secret@127.0.0.1:${port}/things?sslmode=disable`,
    applicationName: 'test',
    logger: createLogger({ name: 'test', level: 'fatal' }),
  });
  await expect(database.query('SELECT 1')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  await database.close();
});
