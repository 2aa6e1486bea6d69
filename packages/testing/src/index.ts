export { type ClaimStoreSuite, claimStoreSuite } from './claim-store-suite.ts';
export { createTestDatabase, type TestDatabase } from './create-test-database.ts';
export { type DriverSuite, driverSuite } from './driver-suite.ts';
export { type InboxSuite, inboxSuite } from './inbox-suite.ts';
export { createRedisServer, type RedisServer } from './redis-server.ts';
export { type StackAddresses, stackAddresses } from './stack-addresses.ts';
export { testPrefix } from './test-prefix.ts';
export { type WaitForOptions, waitFor } from './wait-for.ts';
