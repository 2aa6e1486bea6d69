import pg from 'pg';

// Makes the database of order intake's worker refuse an order, or without one takes that back. Runs where the worker is, on Node's standard input.
const FUNCTION = 'demo_refuse_order';
const [orderId] = process.argv.slice(2);

const client = new pg.Client({
  connectionString: process.env.DATABASE_URL,
  connectionTimeoutMillis: 10_000,
  query_timeout: 30_000,
});
const refusal = (refused: string) => [
  `CREATE OR REPLACE FUNCTION ${FUNCTION}() RETURNS trigger LANGUAGE plpgsql
     AS $$ BEGIN RAISE EXCEPTION 'the demo refuses order %', NEW.order_id; END $$`,
  `CREATE OR REPLACE TRIGGER ${FUNCTION} BEFORE INSERT ON orders FOR EACH ROW
     WHEN (NEW.order_id = ${client.escapeLiteral(refused)}) EXECUTE FUNCTION ${FUNCTION}()`,
];
const lifting = [`DROP FUNCTION IF EXISTS ${FUNCTION}() CASCADE`];
try {
  await client.connect();
  await client.query('BEGIN');
  for (const statement of orderId === undefined ? lifting : refusal(orderId)) await client.query(statement);
  await client.query('COMMIT');
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  await client.end();
}
