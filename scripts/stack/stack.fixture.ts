// Starts a Redis in the given data directory, prints its address and waits to be killed.
import { startStack } from './start-stack.ts';

const [dataDir = ''] = process.argv.slice(2);
const stack = await startStack({ dataDir, names: ['redis'], ports: { redis: 0 }, given: {}, progress: () => undefined });
console.log(stack.addresses.redisUrl);
setInterval(() => undefined, 60_000);
