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
  readonly #requests = new Set<Promise<unknown>>();

  constructor(client: KafkaClient) {
    this.#client = client;
    const admin = client.kafka.admin();
    this.connected = admin.connect().then(() => admin);
    this.connected.catch(() => undefined);
  }

  async use<Result>(work: (admin: Admin) => Promise<Result>): Promise<Result> {
    const request = this.connected.then(work);
    this.#requests.add(request);
    try {
      return await request;
    } finally {
      this.#requests.delete(request);
    }
  }

  /** Lets others' requests end first: kafkajs would connect again for them. Never rejects. */
  async close(): Promise<void> {
    const ended = Promise.allSettled([...this.#requests])
      .then(() => this.connected)
      .then((admin) => admin.disconnect());
    await withinDeadline(ended, CLOSE_TIMEOUT_MS, 'closing').catch(() => undefined);
    this.end();
  }

  /** Now, whatever is under way. */
  end(): void {
    this.#client.end();
  }
}
