import pg from 'pg';

/** Makes the worker's database refuse an order, as a constraint that somebody got wrong would. */
export interface OrderRefusal {
  /** From now on until `lift`. */
  refuse(orderId: string): Promise<void>;
  /** Also after a refusal that failed half-way; does nothing when nothing is refused. */
  lift(): Promise<void>;
}

const FUNCTION = 'demo_refuse_order';

/** A trigger on the table of orders of the database at this URL, which belongs to its user. Not connected until it is used. */
export function createOrderRefusal(databaseUrl: string): OrderRefusal {
  let isSet = false;
  return {
    refuse: async (orderId) => {
      isSet = true;
      await run(databaseUrl, (client) => [
        `CREATE OR REPLACE FUNCTION ${FUNCTION}() RETURNS trigger LANGUAGE plpgsql
           AS $$ BEGIN RAISE EXCEPTION 'the demo refuses order %', NEW.order_id; END $$`,
        `CREATE OR REPLACE TRIGGER ${FUNCTION} BEFORE INSERT ON orders FOR EACH ROW
           WHEN (NEW.order_id = ${client.escapeLiteral(orderId)}) EXECUTE FUNCTION ${FUNCTION}()`,
      ]);
    },
    lift: async () => {
      if (!isSet) return;
      await run(databaseUrl, () => [`DROP FUNCTION IF EXISTS ${FUNCTION}() CASCADE`]);
      isSet = false;
    },
  };
}

async function run(databaseUrl: string, statements: (client: pg.Client) => readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000, query_timeout: 30_000 });
  await client.connect();
  try {
    await client.query('BEGIN');
    for (const statement of statements(client)) await client.query(statement);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}
