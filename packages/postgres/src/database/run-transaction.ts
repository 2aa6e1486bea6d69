import type { Logger } from '@throughline/telemetry';
import type pg from 'pg';
import type { Transaction } from './database.ts';
import { fromPg, type Session, sessionQueryable, withSession } from './sessions.ts';

/** Commits when `work` resolves, rolls back when it throws; from then on what `work` left behind can reach the connection no more. */
export async function runTransaction<Result>(
  pool: pg.Pool,
  work: (tx: Transaction) => Promise<Result>,
  logger: Logger,
): Promise<Result> {
  const actions: (() => void)[] = [];
  const result = await withSession(pool, async (session) => {
    const { tx, end } = openTransaction(session, actions);
    try {
      await fromPg(() => session.client.query('BEGIN'));
      const value = await work(tx);
      end();
      await commit(session.client);
      return value;
    } catch (error) {
      end();
      session.isBroken ||= !(await rollBack(session.client));
      throw error;
    }
  });
  runActions(actions, logger);
  return result;
}

/**
 * A handler that was given up at its timeout may go on; on a connection that was handed back its statements would commit by themselves, or in somebody else's
 * transaction. Statements sent before the end are answered before it, since a connection does one after the other.
 */
function openTransaction(session: Session, actions: (() => void)[]): { readonly tx: Transaction; readonly end: () => void } {
  const { query, execute } = sessionQueryable(session.client);
  let isOver = false;
  return {
    end: () => {
      isOver = true;
    },
    tx: {
      query: <Row>(...call: Parameters<Transaction['query']>) => (isOver ? Promise.reject(overError()) : query<Row>(...call)),
      execute: (...call) => (isOver ? Promise.reject(overError()) : execute(...call)),
      afterCommit: (action) => {
        if (isOver) throw overError();
        actions.push(action);
      },
    },
  };
}

function overError(): Error {
  return new Error('The transaction is over: it was committed, or rolled back because its work failed or was given up.');
}

async function commit(client: pg.PoolClient): Promise<void> {
  const { command } = await fromPg(() => client.query('COMMIT'));
  // Postgres answers COMMIT of a failed transaction with ROLLBACK and no error: the work swallowed the error of a statement.
  if (command !== 'COMMIT')
    throw new Error('The transaction was rolled back: one of its statements had failed and its error was ignored.');
}

/** False when the connection cannot be used any more. */
async function rollBack(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

function runActions(actions: readonly (() => void)[], logger: Logger): void {
  for (const action of actions) {
    try {
      action();
    } catch (error) {
      logger.error({ err: error }, 'An action after a commit threw; the commit stands.');
    }
  }
}
