import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createFaultProxy, type FaultProxy } from './fault-proxy.ts';
import { waitFor } from './wait-for.ts';

/** Answers each line with the line in capitals, and remembers what came. */
async function startShouter() {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      heard.push(data.toString());
      socket.write(data.toString().toUpperCase());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, heard, port: (server.address() as { port: number }).port };
}

describe('createFaultProxy', () => {
  let server: Server;
  let heard: string[];
  let proxy: FaultProxy;
  const clients: Socket[] = [];

  beforeEach(async () => {
    const shouter = await startShouter();
    ({ server, heard } = shouter);
    proxy = await createFaultProxy({ host: '127.0.0.1', port: shouter.port });
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await proxy.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const open = async () => {
    const client = connect(proxy.port, '127.0.0.1');
    clients.push(client);
    client.on('error', () => {});
    await once(client, 'connect');
    let answers = '';
    client.on('data', (data) => {
      answers += data.toString();
    });
    return { client, say: (text: string) => void client.write(text), answers: () => answers };
  };
  const seen = (condition: () => boolean, description: string) => waitFor(condition, { description, intervalMs: 1 });

  it('passes on both ways', async () => {
    const { say, answers } = await open();
    say('hello');
    await seen(() => answers() === 'HELLO', 'the answer');
  });

  it('delays, in order, and each way', async () => {
    const { say, answers } = await open();
    proxy.delay(40);
    const startedAtMs = performance.now();
    say('a');
    await seen(() => heard.length === 1, 'the request');
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(35);
    say('b');
    await seen(() => answers() === 'AB', 'both answers');
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(75);
  });

  it('holds everything until it is healed', async () => {
    const { say, answers } = await open();
    say('before ');
    await seen(() => answers() === 'BEFORE ', 'the first answer');
    proxy.hold();
    say('after');
    const other = await open();
    other.say('too');
    expect(heard.join('')).toBe('before ');
    proxy.heal();
    await seen(() => answers() === 'BEFORE AFTER' && other.answers() === 'TOO', 'what was held');
  });

  it('loses answers of requests that arrive, and ends the connection when healed', async () => {
    const { client, say, answers } = await open();
    proxy.loseAnswers();
    say('lost');
    await seen(() => heard.join('') === 'lost' && proxy.lostLinks() === 1, 'the request, and the loss of its answer');
    const closed = once(client, 'close');
    proxy.heal();
    await closed;
    expect(answers()).toBe('');
  });

  it('cuts the chosen connections and accepts new ones', async () => {
    const [first, second] = [await open(), await open()];
    first.say('1');
    second.say('2');
    await seen(() => first.answers() === '1' && second.answers() === '2', 'both answers');
    const closed = once(first.client, 'close');
    let asked = 0;
    proxy.cut(() => asked++ === 0);
    await closed;
    second.say('still');
    await seen(() => second.answers() === '2STILL', 'the other one');
    const third = await open();
    third.say('new');
    await seen(() => third.answers() === 'NEW', 'a new one');
  });

  it('ends a connection whose target is not there', async () => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    const client = connect(proxy.port, '127.0.0.1');
    clients.push(client);
    client.on('error', () => {});
    await once(client, 'close');
  });
});
