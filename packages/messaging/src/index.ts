export type { ClaimResult, ClaimStore, DedupKey } from './claim-store.ts';
export type { EventPublisher, NewEvent } from './event-publisher.ts';
export type { DeadLetter, DeadLetterReason, Inbox } from './inbox.ts';
export type {
  ConsumeOptions,
  ConsumerState,
  MessagingDriver,
  RecordConsumer,
  RecordProducer,
  TopicDeclaration,
} from './messaging-driver.ts';
export type { Outbox, OutboxMessage } from './outbox.ts';
export type { IncomingRecord, OutgoingRecord, RecordPosition } from './record.ts';
export type { RetryPolicy } from './retry-policy.ts';
export type { EventHandler, HandlerContext, Subscription } from './subscription.ts';
