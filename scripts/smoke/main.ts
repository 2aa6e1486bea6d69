import { randomUUID } from 'node:crypto';
import { createKafkaDriver } from '@throughline/kafka';
import { KAFKA_FIELDS, list, readConfig, readSecurity, token } from '@throughline/service';
import { createLogger } from '@throughline/telemetry';
import { expectStatus } from '../api-client/expect-status.ts';
import { smokeIntake } from './intake.ts';
import type { SmokeContext, SmokeTest } from './smoke-context.ts';
import { smokeStorage } from './storage.ts';

const TESTS: Readonly<Record<string, SmokeTest>> = { intake: smokeIntake, storage: smokeStorage };

const config = readConfig(process.env, {
  ...KAFKA_FIELDS,
  operationsToken: token('OPERATIONS_TOKEN'),
  systems: list('SYSTEMS'),
});

/** `STORAGE_AUTH_URL` is where requests to storage-auth go, `STORAGE_AUTH_OPS_URL` where its operations are. */
function addressOf(component: string, suffix: 'URL' | 'OPS_URL'): string {
  const variable = `${component.toUpperCase().replaceAll('-', '_')}_${suffix}`;
  const address = process.env[variable];
  if (!address) throw new Error(`${variable} is missing`);
  return address;
}

async function signUp(authUrl: string): Promise<{ userToken: string; userId: string }> {
  const json = { email: `smoke-${randomUUID()}@example.com`, password: randomUUID() };
  const registered = await expectStatus(authUrl, { method: 'POST', path: '/storage/auth/register', json }, [201]);
  const loggedIn = await expectStatus(authUrl, { method: 'POST', path: '/storage/auth/login', json }, [200]);
  const { userId } = registered.json() as { userId: string };
  return { userToken: (loggedIn.json() as { accessToken: string }).accessToken, userId };
}

async function runTests(systems: readonly string[]): Promise<void> {
  const http = (component: string) => addressOf(component, 'URL');
  const ops = (component: string) => addressOf(component, 'OPS_URL');
  const user = await signUp(http('storage-auth'));
  for (const system of systems) {
    const say = (line: string) => console.log(`${system}: ${line}`);
    const context: SmokeContext = { http, ops, ...user, operationsToken: config.operationsToken, driver, say };
    await TESTS[system]?.(context);
  }
  console.log('Everything was seen.');
}

const driver = createKafkaDriver({
  brokers: config.kafkaBrokers,
  clientId: 'smoke',
  logger: createLogger({ name: 'smoke', level: 'error' }),
  security: readSecurity(config),
});
try {
  const tested = config.systems.filter((system) => Object.hasOwn(TESTS, system));
  for (const system of config.systems) if (!tested.includes(system)) console.log(`${system}: there is no test of it`);
  if (tested.length > 0) await runTests(tested);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await driver.close();
}
