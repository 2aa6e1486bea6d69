import { connect, type Socket } from 'node:net';
import { createAnswerReader, type ReadAnswer } from './answer-reader.ts';

/** How one request ended. */
export type LaneOutcome =
  | { readonly kind: 'answered'; readonly answer: ReadAnswer }
  /** No connection came about: the server has seen nothing of it. */
  | { readonly kind: 'not-sent'; readonly reason: string }
  /** Sent, and no answer came: the server may have done it. */
  | { readonly kind: 'no-answer'; readonly reason: string };

export interface LaneOptions {
  readonly host: string;
  readonly port: number;
  /** How long an answer is waited for, milliseconds. */
  readonly timeoutMs: number;
}

const READ_BUFFER_BYTES = 16 * 1_024;
const KEPT_BODY_BYTES = 512;

/** One kept-alive connection with one request under way at most; opened when there is something to send, and again after it broke. */
export class HttpLane {
  readonly #options: LaneOptions;
  #socket: Socket | undefined;
  #isConnected = false;
  #onOutcome: ((outcome: LaneOutcome) => void) | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Only after the outcome of the one before. */
  send(request: string, onOutcome: (outcome: LaneOutcome) => void): void {
    this.#onOutcome = onOutcome;
    this.#socket ??= this.#open();
    this.#socket.write(request, 'latin1');
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const { host, port, timeoutMs } = this.#options;
    const buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);
    const read = createAnswerReader((answer) => this.#answered(answer), { keptBytes: KEPT_BODY_BYTES });
    const callback = (size: number) => {
      read(buffer.subarray(0, size));
      return true;
    };
    const socket = connect({ host, port, noDelay: true, onread: { buffer, callback } });
    let reason = 'connection closed';
    this.#isConnected = false;
    socket.setTimeout(timeoutMs);
    socket.once('connect', () => {
      this.#isConnected = true;
    });
    socket.once('timeout', () => {
      reason = 'timeout';
      socket.destroy();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      reason = error.code ?? error.message;
    });
    socket.once('end', () => socket.destroy());
    socket.once('close', () => this.#broken(socket, reason));
    return socket;
  }

  #answered(answer: ReadAnswer): void {
    if (answer.status === 100) return;
    if (/\r\nconnection: *close/i.test(answer.head)) this.#forget();
    this.#settle({ kind: 'answered', answer });
  }

  /** The next request needs a new connection. */
  #forget(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #broken(socket: Socket, reason: string): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#settle({ kind: this.#isConnected ? 'no-answer' : 'not-sent', reason });
  }

  #settle(outcome: LaneOutcome): void {
    const onOutcome = this.#onOutcome;
    this.#onOutcome = undefined;
    onOutcome?.(outcome);
  }
}
