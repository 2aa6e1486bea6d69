export { type Breaker, type BreakerOptions, createBreaker } from './breaker/breaker.ts';
export { type BreakerPolicy, DEFAULT_BREAKER_POLICY } from './breaker/breaker-policy.ts';
export type { AttemptFate, Claim, ClaimResult, ClaimStore, DedupKey } from './claim-store.ts';
export { type Clock, systemClock } from './clock.ts';
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
export {
  createInMemoryQueueMembers,
  type InMemoryQueueMembers,
  type InMemoryQueueMembersOptions,
} from './in-memory/in-memory-queue-members.ts';
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
export { type ClosableOutcomeSink, createOutcomeSink, type OutcomeSinkOptions } from './outcomes/create-outcome-sink.ts';
export {
  type EventOutcome,
  type EventOutcomeName,
  OUTCOMES_TOPIC,
  type OutcomeBatch,
  type OutcomeSink,
} from './outcomes/outcome.ts';
export { OUTCOMES_TOPIC_DECLARATION, type OutcomeReport, readOutcomeRecord } from './outcomes/outcome-record.ts';
export type { ParkedFailure, ParkedHead, ParkingBounds, ParkingCounts, ParkingLot } from './parking-lot.ts';
export { createPipeline, type Pipeline, type PipelineOptions } from './pipeline/create-pipeline.ts';
export { createDirectPublisher, type DirectPublisherOptions } from './publishing/create-direct-publisher.ts';
export { createEventPublisher, type EventPublisherOptions } from './publishing/create-event-publisher.ts';
export type { DirectPublisher } from './publishing/direct-publisher.ts';
export type { EventPublisher, NewEvent } from './publishing/event-publisher.ts';
export type { Outbox, OutboxMessage } from './publishing/outbox.ts';
export { createQueueView, type QueueView, type QueueViewOptions } from './queue/create-queue-view.ts';
export type { QueueCounts } from './queue/queue-counts.ts';
export { MEMBER_STALE_AFTER_MS, type MemberFigures, type QueueMembers } from './queue/queue-members.ts';
export type { IncomingRecord, OutgoingRecord, RecordPosition } from './record.ts';
export { type EditedEvent, type EditRefusal, editEvent } from './replay/edit-event.ts';
export { REPLAY_HEADERS } from './replay/replay-headers.ts';
export type { ReplayLedger } from './replay/replay-ledger.ts';
export { type ReplaySpan, type ReplaySpanOptions, replaySpans, sizeOfSpans } from './replay/replay-span.ts';
export { type RewindGroupOptions, rewindGroup } from './replay/rewind-group.ts';
export { runSideReplay, type SideReplayOptions } from './replay/side-replay.ts';
export { classify, type Verdict } from './retries/classify.ts';
export { type QueuePolicy, queueRetryPolicy } from './retries/queue-policy.ts';
export { RETRY_HEADERS } from './retries/retry-headers.ts';
export { completeRetryPolicy, DEFAULT_RETRY_POLICY, delayToMs, type RetryPolicy } from './retries/retry-policy.ts';
export { createRecordScheduler } from './scheduling/create-record-scheduler.ts';
export { createFetchBound, type FetchBound, type FetchBoundOptions } from './scheduling/fetch-bound.ts';
export { OffsetWindow } from './scheduling/offset-window.ts';
export type {
  AssignedPartition,
  RecordScheduler,
  RecordSchedulerOptions,
  RejectionFacts,
} from './scheduling/record-scheduler.ts';
export { checkSafety, type SafetySettings } from './subscribing/check-safety.ts';
export { type FollowTopicsOptions, followTopics, matchTopics, type TopicFollower } from './subscribing/follow-topics.ts';
export type { ServiceTopics, SubscribedTopics, TopicReader } from './subscribing/service-topics.ts';
export { type RunningSubscription, type SubscribeOptions, subscribe } from './subscribing/subscribe.ts';
export type { BatchHandler, BatchItem, EventHandler, HandlerContext, Subscription } from './subscribing/subscription.ts';
export { deadLetterTopic, replayTopic, retryTopic, subscriptionTopics } from './subscribing/subscription-topics.ts';
export { type WatchConsumerOptions, watchConsumer } from './subscribing/watch-consumer.ts';
