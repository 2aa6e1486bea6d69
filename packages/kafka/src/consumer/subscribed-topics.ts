import type { Logger } from '@throughline/telemetry';
import type { TopicAdmin } from '../topic-admin.ts';

export interface SubscribedTopicsOptions {
  readonly topics: readonly string[];
  readonly admin: Pick<TopicAdmin, 'withLeaders'>;
  readonly logger: Logger;
  /** Called when the next fetch shall ask for other topics. */
  readonly onChange: () => void;
}

const RETRY_MS = 1000;
/** A new topic has its leaders sooner. */
const LEADER_WAIT_MS = 2000;
const LEADER_RETRY_MS = 2000;

/** What a member shall read, what of it can be read, and what it has joined with. One without leader, or deleted meanwhile, waits until it has one, and holds up no other. */
export class SubscribedTopics {
  readonly #options: SubscribedTopicsOptions;
  #declared: readonly string[];
  /** Those of the declared ones that are there and have leaders. */
  #wanted: readonly string[];
  /** What the present membership has joined with, or joins with next. */
  #sent: readonly string[];
  #nextTryAtMs = 0;
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #lastWarning = '';
  #isClosed = false;

  constructor(options: SubscribedTopicsOptions) {
    this.#options = options;
    this.#declared = [...options.topics];
    this.#wanted = this.#declared;
    this.#sent = this.#declared;
  }

  get declared(): readonly string[] {
    return this.#declared;
  }

  /** Resolves when it is known what can be read; then `joined` does when the member has joined with that, or wants something else by now, or is closed. */
  async choose(topics: readonly string[], waitMs = LEADER_WAIT_MS): Promise<{ readonly joined: Promise<void> }> {
    const declared = topics === this.#declared ? topics : [...new Set(topics)];
    this.#declared = declared;
    const ready = await this.#options.admin.withLeaders(declared, { waitMs });
    if (this.#isClosed || declared !== this.#declared) return { joined: Promise.resolve() };
    clearTimeout(this.#timer);
    const leftOut = declared.filter((topic) => !ready.includes(topic));
    this.#warn(leftOut);
    if (leftOut.length > 0) this.#chooseAgain();
    return { joined: this.#want(ready) };
  }

  /** What to read from the next fetch on: after a failure the former topics for a while. */
  next(): readonly string[] {
    return Date.now() < this.#nextTryAtMs ? this.#sent : this.#wanted;
  }

  /** A new membership begins with what is wanted. */
  opened(): void {
    this.#sent = this.#wanted;
    this.#nextTryAtMs = 0;
  }

  sent(topics: readonly string[], error?: unknown): void {
    if (error === undefined) this.#sent = topics;
    else {
      this.#nextTryAtMs = Date.now() + RETRY_MS;
      this.#options.logger.warn({ err: error, topics }, 'Other topics cannot be read yet, trying again');
    }
  }

  joined(): void {
    if (isSame(this.#sent, this.#wanted)) this.#release();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#release();
  }

  #want(topics: readonly string[]): Promise<void> {
    this.#release();
    this.#wanted = topics;
    this.#nextTryAtMs = 0;
    if (isSame(this.#wanted, this.#sent)) return Promise.resolve();
    this.#options.onChange();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #warn(topics: readonly string[]): void {
    const warning = topics.join();
    if (warning !== '' && warning !== this.#lastWarning)
      this.#options.logger.warn({ topics }, 'Topics without leader, or that are not there, are not read');
    this.#lastWarning = warning;
  }

  #chooseAgain(): void {
    this.#timer = setTimeout(() => {
      this.choose(this.#declared, 0).catch(() => this.#chooseAgain());
    }, LEADER_RETRY_MS).unref();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((topic) => other.includes(topic));
}
