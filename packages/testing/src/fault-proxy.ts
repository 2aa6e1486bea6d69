import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy that breaks connections on demand. */
export interface FaultProxy {
  /** On 127.0.0.1; stays the same for the proxy's life. */
  readonly port: number;
  /** Ends open connections: all, or those that `isChosen` picks. New ones are accepted. */
  cut(isChosen?: () => boolean): void;
  /** From now on what comes is passed on so much later, each way, in order; milliseconds. */
  delay(latencyMs: number): void;
  /** From now on connections are accepted, and nothing is passed on. */
  hold(): void;
  /** From now on requests are passed on and their answers are lost; a connection that lost one is ended by `heal`. */
  loseAnswers(): void;
  /** Connections that have lost an answer since the last `heal`. */
  lostLinks(): number;
  /** Passes everything on again, what was held first. */
  heal(): void;
  close(): Promise<void>;
}

type Way = 'request' | 'answer';
type Weather = { readonly latencyMs: number; readonly isHeld: boolean; readonly isLosingAnswers: boolean };

const FAIR: Weather = { latencyMs: 0, isHeld: false, isLosingAnswers: false };

/**
 * Listens on a free port, or the given one, and passes everything on to the target, which need not run yet. Close it in `afterAll`.
 *
 * @example
 * const proxy = await createFaultProxy({ host: '127.0.0.1', port: 5432 });
 * proxy.delay(200);
 */
export async function createFaultProxy(
  target: { readonly host: string; readonly port: number },
  options: { readonly port?: number } = {},
): Promise<FaultProxy> {
  const links = new Set<Link>();
  let weather = FAIR;
  const change = (next: Weather) => {
    weather = next;
    for (const link of links) link.changed();
  };
  const server = createServer((client) => {
    const link = new Link(client, connect(target), () => weather);
    links.add(link);
    link.onEnd(() => links.delete(link));
  });
  const port = await listen(server, options.port ?? 0);
  const cut = (isChosen = () => true) => {
    for (const link of links) if (isChosen()) link.end();
  };
  return {
    port,
    cut,
    delay: (latencyMs) => change({ ...FAIR, latencyMs }),
    hold: () => change({ ...FAIR, isHeld: true }),
    loseAnswers: () => change({ ...FAIR, isLosingAnswers: true }),
    lostLinks: () => [...links].filter((link) => link.hasLostAnswers).length,
    heal: () => {
      for (const link of links) if (link.hasLostAnswers) link.end();
      change(FAIR);
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}

/** One client's connection and its counterpart at the target. */
class Link {
  hasLostAnswers = false;
  readonly #client: Socket;
  readonly #target: Socket;
  readonly #flows: readonly Flow[];

  constructor(client: Socket, target: Socket, weather: () => Weather) {
    this.#client = client;
    this.#target = target;
    const onLost = () => {
      this.hasLostAnswers = true;
    };
    this.#flows = [
      new Flow({ from: client, to: target, way: 'request', weather, onLost }),
      new Flow({ from: target, to: client, way: 'answer', weather, onLost }),
    ];
    for (const socket of [client, target]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.end());
      socket.on('close', () => this.end());
    }
  }

  changed(): void {
    for (const flow of this.#flows) flow.pass();
  }

  onEnd(listener: () => void): void {
    this.#client.once('close', listener);
  }

  end(): void {
    for (const flow of this.#flows) flow.stop();
    this.#client.destroy();
    this.#target.destroy();
  }
}

interface FlowOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly way: Way;
  readonly weather: () => Weather;
  readonly onLost: () => void;
}

/** What goes one way, in order. */
class Flow {
  readonly #options: FlowOptions;
  readonly #waiting: { readonly chunk: Buffer; readonly dueAtMs: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FlowOptions) {
    this.#options = options;
    const { from, to } = options;
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    to.on('drain', () => this.pass());
  }

  #take(chunk: Buffer): void {
    const { weather, way, onLost } = this.#options;
    const { isLosingAnswers, latencyMs } = weather();
    if (isLosingAnswers && way === 'answer') {
      onLost();
      return;
    }
    this.#waiting.push({ chunk, dueAtMs: performance.now() + latencyMs });
    this.pass();
  }

  /** Sends what is due. What is held is not read further, so that it waits where it would in a network that stands still. */
  pass(): void {
    const { from, to, weather } = this.#options;
    this.stop();
    if (weather().isHeld) return void from.pause();
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const waitMs = next.dueAtMs - performance.now();
      if (waitMs > 0) return void this.#wait(waitMs);
      this.#waiting.shift();
      if (!to.write(next.chunk)) return void from.pause();
    }
    from.resume();
  }

  #wait(waitMs: number): void {
    this.#timer = setTimeout(() => this.pass(), waitMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
