import type { ConsumeOptions } from '@throughline/messaging';
import type { Consumer, EachBatchPayload, PartitionAssigner } from 'kafkajs';
import type { KafkaClient } from '../client/create-client.ts';
import { type FetchSteering, withSteering } from '../client/repair-consumer-group.ts';
import { withinDeadline } from '../within-deadline.ts';

export interface GroupMembershipOptions {
  readonly client: KafkaClient;
  readonly consume: ConsumeOptions;
  readonly rebalanceTimeoutMs: number;
  readonly assigner: PartitionAssigner;
  readonly steering: FetchSteering;
  /** Must return at once and never throw. */
  readonly take: (payload: EachBatchPayload) => void;
}

const HEARTBEAT_MS = 1000;
const LEAVE_TIMEOUT_MS = 10_000;
const DEFAULT_SESSION_TIMEOUT_MS = 30_000;

/** kafkajs restarts itself only after some errors, and then with a stale state: every crash ends this membership. */
const RETRY = {
  retries: 5,
  initialRetryTime: 100,
  maxRetryTime: 2000,
  factor: 0.2,
  multiplier: 2,
  restartOnFailure: async () => false,
};

/** One consumer of kafkajs, from its first connection to its last; it is never used again. */
export class GroupMembership {
  readonly consumer: Consumer;
  readonly #options: GroupMembershipOptions;
  #joining: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: GroupMembershipOptions) {
    const { group, sessionTimeoutMs = DEFAULT_SESSION_TIMEOUT_MS } = options.consume;
    this.#options = options;
    this.consumer = options.client.kafka.consumer({
      groupId: group,
      partitionAssigners: [withSteering(options.assigner, options.steering)],
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: options.rebalanceTimeoutMs,
      heartbeatInterval: Math.min(HEARTBEAT_MS, Math.floor(sessionTimeoutMs / 3)),
      maxWaitTimeInMs: options.steering.waitMs(),
      allowAutoTopicCreation: false,
      metadataMaxAge: 60_000,
      retry: RETRY,
    });
  }

  /** Resolves after the first join. */
  join(): Promise<void> {
    this.#joining = this.#join();
    return this.#joining;
  }

  async #join(): Promise<void> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [...this.#options.steering.topics()], fromBeginning: true });
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 4,
      eachBatch: async (payload) => this.#options.take(payload),
    });
  }

  /** Leaves the group as far as that is possible in time; afterwards nothing of it is connected. @throws {EventError} `SEND_FAILED` when the group was not left */
  close(): Promise<void> {
    this.#closing ??= withinDeadline(this.#leave(), LEAVE_TIMEOUT_MS, 'leaving the group').finally(() => this.end());
    return this.#closing;
  }

  /** kafkajs does not leave while it joins, goes on with the join, and the group would wait for a member that is gone. */
  async #leave(): Promise<void> {
    await this.#joining?.catch(() => undefined);
    await this.consumer.disconnect();
  }

  /** Without leaving: for a consumer that has crashed, of which kafkajs has disconnected what it knows. */
  end(): void {
    this.#options.client.end();
  }
}
