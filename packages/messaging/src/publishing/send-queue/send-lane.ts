import { EventError } from '@throughline/events';
import type { RecordProducer } from '../../messaging-driver.ts';
import { Fifo } from '../../scheduling/fifo.ts';
import type { QueuedRecord } from './queued-record.ts';
import { sendWithSplitting, settleAll } from './send-with-splitting.ts';

export interface SendLaneOptions {
  readonly createProducer: () => Promise<RecordProducer>;
  readonly maxBatchRecords: number;
  readonly maxBatchBytes: number;
  /** Of a batch with all its parts, milliseconds. */
  readonly sendTimeoutMs: number;
  /** How long the first record of an idle lane waits for company, milliseconds; 0 = for what comes in the same turn of the event loop. */
  readonly lingerMs: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** One producer with one send under way: what comes meanwhile travels together in the next. */
export class SendLane {
  readonly #options: SendLaneOptions;
  readonly #waiting = new Fifo<QueuedRecord>();
  /** Taken from the queue, and too large for the batch before it. */
  #next: QueuedRecord | undefined;
  #producer: Promise<RecordProducer> | undefined;
  #running: Promise<void> | undefined;
  #endLinger: () => void = () => undefined;
  #isHurried = false;

  constructor(options: SendLaneOptions) {
    this.#options = options;
  }

  add(queued: QueuedRecord): void {
    this.#waiting.push(queued);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing waits and nothing is under way. From now on nothing lingers. */
  async drain(): Promise<void> {
    this.#isHurried = true;
    this.#endLinger();
    await this.#running;
  }

  /** Gives up what waits; a send under way ends within its own time. */
  async close(): Promise<void> {
    const closed = new EventError('SHUTTING_DOWN', 'the publisher was closed before this was sent', { retryable: true });
    for (let batch = this.#takeBatch(); batch.length > 0; batch = this.#takeBatch()) settleAll(batch, closed);
    await this.drain();
    const producer = await this.#producer?.catch(() => undefined);
    await producer?.close();
  }

  async #run(): Promise<void> {
    await this.#linger();
    for (let batch = this.#takeBatch(); batch.length > 0; batch = this.#takeBatch()) await this.#send(batch);
    this.#running = undefined;
  }

  #linger(): Promise<void> {
    const { lingerMs } = this.#options;
    return new Promise((resolve) => {
      if (lingerMs === 0 || this.#isHurried) setImmediate(resolve);
      else {
        const timer = setTimeout(resolve, lingerMs);
        this.#endLinger = () => {
          clearTimeout(timer);
          resolve();
        };
      }
    });
  }

  #takeBatch(): QueuedRecord[] {
    const { maxBatchRecords, maxBatchBytes } = this.#options;
    const batch: QueuedRecord[] = [];
    let bytes = 0;
    while (batch.length < maxBatchRecords) {
      const queued = this.#next ?? this.#waiting.take();
      this.#next = queued;
      if (queued === undefined || (batch.length > 0 && bytes + queued.bytes > maxBatchBytes)) break;
      this.#next = undefined;
      batch.push(queued);
      bytes += queued.bytes;
    }
    return batch;
  }

  async #send(batch: readonly QueuedRecord[]): Promise<void> {
    const { now, sendTimeoutMs } = this.#options;
    const startedAtMs = now();
    const late = batch.filter(({ beginByMs }) => beginByMs < startedAtMs);
    if (late.length > 0) settleAll(late, new EventError('SEND_FAILED', 'not sent within its time', { retryable: true }));
    const timely = late.length === 0 ? batch : batch.filter(({ beginByMs }) => beginByMs >= startedAtMs);
    if (timely.length > 0) await sendWithSplitting(timely, (part) => this.#sendOnce(part, startedAtMs + sendTimeoutMs));
  }

  async #sendOnce(part: readonly QueuedRecord[], deadlineMs: number): Promise<void> {
    this.#producer ??= this.#options.createProducer();
    const producer = await this.#producer.catch((error: unknown) => {
      this.#producer = undefined;
      throw error;
    });
    const records = part.map(({ record }) => record);
    await producer.send(records, { timeoutMs: Math.max(1, deadlineMs - this.#options.now()) });
  }
}
