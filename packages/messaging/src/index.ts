export { checkSafety, type SafetySettings } from './check-safety.ts';
export type { AttemptFate, ClaimResult, ClaimStore, DedupKey } from './claim-store.ts';
export { classify, type Verdict } from './classify.ts';
export { type Clock, systemClock } from './clock.ts';
export { createEventPublisher, type EventPublisherOptions } from './create-event-publisher.ts';
export { createRecordScheduler } from './create-record-scheduler.ts';
export type { EventPublisher, NewEvent } from './event-publisher.ts';
export { createFetchBound, type FetchBound, type FetchBoundOptions } from './fetch-bound.ts';
export {
  ClaimMemory,
  createInMemoryClaimStore,
  type InMemoryClaimStore,
  type InMemoryClaimStoreOptions,
} from './in-memory/in-memory-claim-store.ts';
export { createInMemoryDriver, type InMemoryDriver } from './in-memory/in-memory-driver.ts';
export { createInMemoryInbox, type InMemoryInbox, type InMemoryTransaction } from './in-memory/in-memory-inbox.ts';
export type { DeadLetter, DeadLetterReason, Inbox } from './inbox.ts';
export type {
  ConsumeOptions,
  ConsumerState,
  MessagingDriver,
  RecordConsumer,
  RecordProducer,
  TopicDeclaration,
  TopicProgress,
} from './messaging-driver.ts';
export { OffsetWindow } from './offset-window.ts';
export type { Outbox, OutboxMessage } from './outbox.ts';
export type { IncomingRecord, OutgoingRecord, RecordPosition } from './record.ts';
export type { AssignedPartition, RecordScheduler, RecordSchedulerOptions, RejectionFacts } from './record-scheduler.ts';
export { RETRY_HEADERS } from './retry-headers.ts';
export { completeRetryPolicy, DEFAULT_RETRY_POLICY, delayToMs, type RetryPolicy } from './retry-policy.ts';
export { type RunningSubscription, type SubscribeOptions, subscribe } from './subscribe.ts';
export type { EventHandler, HandlerContext, Subscription } from './subscription.ts';
export { deadLetterTopic, retryTopic, subscriptionTopics } from './subscription-topics.ts';
