import { createDatabase } from '@throughline/postgres';
import { createLogger } from '@throughline/telemetry';

/** The worker's table of orders, for a test that makes trouble there. */
export interface OrdersTable {
  /** Of the worker's database. */
  runSql(statement: string): Promise<void>;
  /** Lets no handler get on until what it returns is called. */
  lock(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export function createOrdersTable({ url, name }: { url: string; name: string }): OrdersTable {
  const logger = createLogger({ name, level: 'fatal' });
  const database = createDatabase({ connectionString: url, applicationName: name, logger });
  return {
    runSql: async (statement) => void (await database.query(statement)),
    lock: async () => {
      const isLocked = Promise.withResolvers<void>();
      const isEnough = Promise.withResolvers<void>();
      const holding = database.transaction(async (tx) => {
        await tx.execute('LOCK TABLE orders');
        isLocked.resolve();
        await isEnough.promise;
      });
      await Promise.race([isLocked.promise, holding]);
      return async () => {
        isEnough.resolve();
        await holding;
      };
    },
    close: () => database.close(),
  };
}
