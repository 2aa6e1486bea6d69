import { expectStatus } from '../../scripts/api-client/expect-status.ts';
import { createIntakeClient, type IntakeClient } from '../../scripts/intake-client/intake-client.ts';
import { objectPath } from '../../scripts/storage-client/storage-client.ts';
import type { Stage } from './open-stage.ts';

/** What Prometheus has seen so far. */
export interface Sight {
  /** Goes on with `act` until a query had a value above 0. */
  until(expr: string, act?: () => Promise<unknown>): Promise<void>;
  /** The first query of a panel of the intake's dashboard that contains `part`. */
  queryOf(title: string, part?: string): string;
}

const BREAKING_ORDERS = 40;

/** A backlog, handled orders, repeated and refused ones, a client above its rate, handlers that wait, an outage of the table, a poison event, no Redis, no topic; and objects beside it. */
export async function liveThroughEverything(stage: Stage, { until, queryOf }: Sight): Promise<void> {
  const newClient = () => createIntakeClient({ baseUrl: stage.httpUrl('intake-api'), token: stage.newToken() });
  const client = newClient();
  const beside = Promise.all([stage.startConsole(), stage.startStorage().then(() => uploadObjects(stage, until))]);
  // It is waited for below, unless something else fails before.
  beside.catch(() => undefined);
  await placeSome(client, 5);
  await until(queryOf('Waiting'));
  await until(queryOf('Oldest message'));
  await stage.startIntakeWorker();
  await until(queryOf('Processing latency', '0.99'), () => placeSome(client, 2));
  await until(queryOf('Duplicates skipped'), () => client.placeOrder({ orderId: 'twice', amount: 10 }));
  const refusedClient = newClient();
  await until(queryOf('Refused: 429 and 503', 'limiter'), () => placeSome(refusedClient, 10));
  await client.placeOrder({ amount: -1 });
  await beside;
  await breakTheTable(stage, { client, newClient, until, queryOf });
  await stage.orders.runSql(`ALTER TABLE orders ADD CONSTRAINT no_poison CHECK (order_id <> 'poison')`);
  await client.placeOrder({ orderId: 'poison', amount: 10 });
  await until(queryOf('Dead letters'), () => placeSome(client, 2));
  await stage.killRedis();
  await until(queryOf('Redis away', 'dedup'), () => placeSome(client, 2));
  await until(queryOf('Redis away', 'limiter'), () => placeSome(client, 2));
  await stage.deleteOrdersTopic();
  await until(queryOf('Publish success and failure', '!='), () => placeSome(client, 1));
  await until(queryOf('Requests in flight'), () => placeSome(client, 5));
}

interface Trouble extends Sight {
  readonly client: IntakeClient;
  newClient(): IntakeClient;
}

async function breakTheTable({ orders }: Stage, { client, newClient, until, queryOf }: Trouble): Promise<void> {
  const unlock = await orders.lock();
  await placeSome(client, 5);
  await until(queryOf('In work and fetched', 'in_flight')).finally(unlock);
  await orders.runSql('ALTER TABLE orders RENAME TO orders_away');
  const clients = Array.from({ length: 4 }, newClient);
  await Promise.all(clients.map((each) => placeSome(each, BREAKING_ORDERS / clients.length)));
  await until(queryOf('Breaker open'));
  await orders.runSql('ALTER TABLE orders_away RENAME TO orders');
}

function placeSome(client: IntakeClient, count: number): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, () => client.placeOrder({ amount: 10 })));
}

/** Objects of a new user until their events have been handled between two scrapes. */
async function uploadObjects(stage: Stage, until: Sight['until']): Promise<void> {
  const token = stage.newToken();
  const bucket = { method: 'POST', path: '/storage/buckets', token, json: { name: 'dashboards' } } as const;
  await expectStatus(stage.httpUrl('storage-bucket'), bucket, [201]);
  let count = 0;
  const upload = async () => {
    count += 1;
    const path = objectPath('dashboards', `${count}.txt`);
    const bytes = new TextEncoder().encode(`object ${count}`);
    await expectStatus(stage.httpUrl('storage-object'), { method: 'PUT', path, token, bytes }, [200, 201]);
  };
  await until(
    `rate(event_end_to_end_seconds_count{messaging_consumer_group_name="${stage.objectsGroup}"}[$__rate_interval])`,
    upload,
  );
}
