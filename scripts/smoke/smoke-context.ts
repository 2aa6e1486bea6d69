import type { MessagingDriver } from '@throughline/messaging';

/** What a smoke test has at hand: the services by name, a user's token, the operators' token, and a producer's way to Kafka. */
export interface SmokeContext {
  /** Base URL for requests. */
  readonly http: (component: string) => string;
  /** Base URL for operations. */
  readonly ops: (component: string) => string;
  readonly userToken: string;
  readonly userId: string;
  readonly operationsToken: string;
  readonly driver: MessagingDriver;
  /** Prints what was seen. */
  readonly say: (line: string) => void;
}

/** One system's round: an event published and handled, sent twice, refused into the dead letters, mended and handled. */
export type SmokeTest = (context: SmokeContext) => Promise<void>;
