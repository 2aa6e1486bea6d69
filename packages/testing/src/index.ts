export { type ClaimStoreSuite, claimStoreSuite } from './claim-store-suite.ts';
export { createTestDatabase, type TestDatabase } from './create-test-database.ts';
export { type DriverSuite, driverSuite } from './driver-suite.ts';
export { eachRecord } from './each-record.ts';
export { createFaultProxy, type FaultProxy } from './fault-proxy.ts';
export { deadLetterFor, type EntryFacts, inboxEntry } from './inbox-entries.ts';
export { type InboxSuite, inboxSuite } from './inbox-suite.ts';
export { entriesOfGroup, parkedFailure, takeOne } from './parked-entries.ts';
export { parkingLotSuite } from './parking-lot-suite.ts';
export type { ParkingLotSuite, ParkingStores } from './parking-stores.ts';
export { type QueueMembersSuite, queueMembersSuite } from './queue-members-suite.ts';
export { createRedisServer, type RedisServer } from './redis-server.ts';
export { type StackAddresses, stackAddresses } from './stack-addresses.ts';
export {
  type ArrivalResult,
  type ArrivingEvent,
  type PublishedEvent,
  type SubscriptionTest,
  type SubscriptionTestOptions,
  testSubscription,
} from './subscription-test/test-subscription.ts';
export { testPrefix } from './test-prefix.ts';
export { startTokenIssuer, type TokenIssuer } from './token-issuer.ts';
export { type WaitForOptions, waitFor } from './wait-for.ts';
