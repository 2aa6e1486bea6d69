export { type Breaker, type BreakerOptions, createBreaker } from './breaker.ts';
export { type BreakerPolicy, DEFAULT_BREAKER_POLICY } from './breaker-policy.ts';
export { checkSafety, type SafetySettings } from './check-safety.ts';
export type { AttemptFate, Claim, ClaimResult, ClaimStore, DedupKey } from './claim-store.ts';
export { classify, type Verdict } from './classify.ts';
export { type Clock, systemClock } from './clock.ts';
export { createDirectPublisher, type DirectPublisherOptions } from './create-direct-publisher.ts';
export { createEventPublisher, type EventPublisherOptions } from './create-event-publisher.ts';
export { type ClosableOutcomeSink, createOutcomeSink, type OutcomeSinkOptions } from './create-outcome-sink.ts';
export { createRecordScheduler } from './create-record-scheduler.ts';
export type { DirectPublisher } from './direct-publisher.ts';
export type { EventPublisher, NewEvent } from './event-publisher.ts';
export { createFetchBound, type FetchBound, type FetchBoundOptions } from './fetch-bound.ts';
export { type FollowTopicsOptions, followTopics, matchTopics, type TopicFollower } from './follow-topics.ts';
export {
  ClaimMemory,
  createInMemoryClaimStore,
  type InMemoryClaimStore,
  type InMemoryClaimStoreOptions,
} from './in-memory/in-memory-claim-store.ts';
export { createInMemoryDriver, type InMemoryDriver } from './in-memory/in-memory-driver.ts';
export {
  createInMemoryInbox,
  type InMemoryInbox,
  type InMemoryInboxOptions,
  type InMemoryTransaction,
} from './in-memory/in-memory-inbox.ts';
export { createInMemoryParkingLot, type InMemoryParkingLotOptions } from './in-memory/in-memory-parking-lot.ts';
export { InboxMemory } from './in-memory/inbox-memory.ts';
export type { DeadLetter, DeadLetterReason, HandleOptions, Inbox, InboxEntry, InboxOutcome } from './inbox.ts';
export type {
  ChunkContext,
  ConsumeOptions,
  ConsumerState,
  GroupAdmin,
  GroupOffset,
  MessagingDriver,
  PartitionOffset,
  RecordConsumer,
  RecordProducer,
  TopicDeclaration,
  TopicProgress,
  UnfinishedRecord,
} from './messaging-driver.ts';
export { OffsetWindow } from './offset-window.ts';
export type { Outbox, OutboxMessage } from './outbox.ts';
export { type EventOutcome, type EventOutcomeName, OUTCOMES_TOPIC, type OutcomeBatch, type OutcomeSink } from './outcome.ts';
export { OUTCOMES_TOPIC_DECLARATION, type OutcomeReport, readOutcomeRecord } from './outcome-record.ts';
export type { ParkedFailure, ParkedHead, ParkingBounds, ParkingCounts, ParkingLot } from './parking-lot.ts';
export { createPipeline, type Pipeline, type PipelineOptions } from './pipeline/create-pipeline.ts';
export type { IncomingRecord, OutgoingRecord, RecordPosition } from './record.ts';
export type { AssignedPartition, RecordScheduler, RecordSchedulerOptions, RejectionFacts } from './record-scheduler.ts';
export { type EditedEvent, type EditRefusal, editEvent } from './replay/edit-event.ts';
export { REPLAY_HEADERS } from './replay/replay-headers.ts';
export type { ReplayLedger } from './replay/replay-ledger.ts';
export { type ReplaySpan, type ReplaySpanOptions, replaySpans, sizeOfSpans } from './replay/replay-span.ts';
export { type RewindGroupOptions, rewindGroup } from './replay/rewind-group.ts';
export { runSideReplay, type SideReplayOptions } from './replay/side-replay.ts';
export { RETRY_HEADERS } from './retry-headers.ts';
export { completeRetryPolicy, DEFAULT_RETRY_POLICY, delayToMs, type RetryPolicy } from './retry-policy.ts';
export { type RunningSubscription, type SubscribeOptions, subscribe } from './subscribe.ts';
export type { BatchHandler, BatchItem, EventHandler, HandlerContext, Subscription } from './subscription.ts';
export { deadLetterTopic, replayTopic, retryTopic, subscriptionTopics } from './subscription-topics.ts';
export { type WatchConsumerOptions, watchConsumer } from './watch-consumer.ts';
