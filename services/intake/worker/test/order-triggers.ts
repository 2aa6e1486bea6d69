import type { Database } from '@throughline/postgres';

/**
 * Makes the database refuse an order, as a constraint nobody thought of would; each try is counted, also those that are rolled back.
 * @returns how often it was tried, and the end of it
 */
export async function refuseOrder(database: Database, orderId: string) {
  const name = `refused_${orderId}`;
  await database.execute(`CREATE SEQUENCE ${name}`);
  await createTrigger(database, {
    name,
    orderId,
    body: `PERFORM nextval('${name}'); RAISE EXCEPTION 'no % today', NEW.order_id;`,
  });
  return {
    tries: async (): Promise<number> => {
      const [row] = await database.query<{ tries: number }>(
        `SELECT CASE WHEN is_called THEN last_value ELSE 0 END::int AS tries FROM ${name}`,
      );
      return row?.tries ?? 0;
    },
    end: () => database.execute(`DROP TRIGGER ${name} ON orders`),
  };
}

/** Makes the insert of an order wait for as long as `work` runs. @returns what `work` does */
export async function whileOrderWaits<Result>(
  database: Database,
  orderId: string,
  work: (isWaiting: () => Promise<boolean>) => Promise<Result>,
): Promise<Result> {
  const name = `waiting_${orderId}`;
  await createTrigger(database, { name, orderId, body: `PERFORM pg_advisory_xact_lock(hashtext('${name}'));` });
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()`;
  return database.transaction(async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('${name}'))`);
    return work(async () => (await database.query(waiting)).length > 0);
  });
}

async function createTrigger(
  database: Database,
  { name, orderId, body }: { readonly name: string; readonly orderId: string; readonly body: string },
): Promise<void> {
  await database.execute(`CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} RETURN NEW; END $$`);
  await database.execute(
    `CREATE TRIGGER ${name} BEFORE INSERT ON orders FOR EACH ROW WHEN (NEW.order_id = '${orderId}') EXECUTE FUNCTION ${name}()`,
  );
}
