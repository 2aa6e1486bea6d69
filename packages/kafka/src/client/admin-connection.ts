import type { Admin } from 'kafkajs';
import { withinDeadline } from '../within-deadline.ts';
import type { KafkaClient } from './create-client.ts';

/** How long closing waits for requests under way. */
const CLOSE_TIMEOUT_MS = 5000;

/** One admin of kafkajs, from its first request until the last one under way has ended. */
export class AdminConnection {
  /** Rejects when no broker could be reached. */
  readonly connected: Promise<Admin>;
  readonly #client: KafkaClient;
  /** Resolves when nothing is under way. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: KafkaClient) {
    this.#client = client;
    const admin = client.kafka.admin();
    this.connected = admin.connect().then(() => admin);
    this.connected.catch(() => undefined);
  }

  /**
   * One question after the other: kafkajs asks for its metadata anew with each topic that a question adds, and has no others meanwhile. A question beside it may find no partitions of its topic and
   * answers, without an error, that there are none.
   */
  use<Result>(work: (admin: Admin) => Promise<Result>): Promise<Result> {
    const request = this.#last.then(() => this.connected).then(work);
    this.#last = request.catch(() => undefined);
    return request;
  }

  /** Lets others' requests end first: kafkajs would connect again for them. Never rejects. */
  async close(): Promise<void> {
    const ended = this.#last.then(() => this.connected).then((admin) => admin.disconnect());
    await withinDeadline(ended, CLOSE_TIMEOUT_MS, 'closing').catch(() => undefined);
    this.end();
  }

  /** Now, whatever is under way. */
  end(): void {
    this.#client.end();
  }
}
