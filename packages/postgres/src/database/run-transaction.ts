import type { Logger } from '@throughline/telemetry';
import type pg from 'pg';
import { cancelStatement } from './cancel-statement.ts';
import type { Transaction } from './database.ts';
import { createOpening, type Opening } from './opening.ts';
import { fromPg, isForgotten, type Session, sessionQueryable, withSession } from './sessions.ts';

/** Commits when `work` resolves, rolls back when it throws; from then on what `work` left behind can reach the connection no more. */
export async function runTransaction<Result>(
  pool: pg.Pool,
  work: (tx: Transaction) => Promise<Result>,
  logger: Logger,
): Promise<Result> {
  const actions: (() => void)[] = [];
  const result = await withSession(pool, async (session) => {
    const opening = createOpening(session.client);
    const { tx, end, isAnswered, openingError } = openTransaction(session, { opening, actions });
    try {
      await fromPg(() => opening.prepare());
      const value = await work(tx);
      end();
      if (openingError() !== undefined) throw ignoredError();
      if (opening.isBegun) await commit(session.client);
      return value;
    } catch (error) {
      end();
      if (!isAnswered()) await cancelStatement(pool, session.client);
      if (opening.isBegun) session.isBroken ||= [openingError(), error].some(isForgotten) || !(await rollBack(session.client));
      throw error;
    }
  });
  runActions(actions, logger);
  return result;
}

/**
 * A handler that was given up at its timeout may go on; on a connection that was handed back its statements would commit by themselves, or in somebody else's
 * transaction. Statements sent before the end are answered before it, since a connection does one after the other; the one that is at work then is cancelled.
 * Where the first statement failed the BEGIN before it may have too, and what comes after would commit by itself.
 */
function openTransaction(
  session: Session,
  { opening, actions }: { readonly opening: Opening; readonly actions: (() => void)[] },
): {
  readonly tx: Transaction;
  readonly end: () => void;
  readonly isAnswered: () => boolean;
  readonly openingError: () => Error | undefined;
} {
  let unanswered = 0;
  let isOpened = false;
  let openingError: Error | undefined;
  const { query, execute } = sessionQueryable(session.client, {
    toSend: (statement) => {
      unanswered += 1;
      return opening.with(statement);
    },
    onAnswered: (error) => {
      unanswered -= 1;
      if (!isOpened) openingError = error ?? undefined;
      isOpened = true;
    },
  });
  let isOver = false;
  const refusal = () => (isOver ? overError() : openingError === undefined ? undefined : ignoredError());
  return {
    end: () => {
      isOver = true;
    },
    isAnswered: () => unanswered === 0,
    openingError: () => openingError,
    tx: {
      query: <Row>(...call: Parameters<Transaction['query']>) => refused(refusal()) ?? query<Row>(...call),
      execute: (...call) => refused(refusal()) ?? execute(...call),
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

function ignoredError(): Error {
  return new Error('The transaction was rolled back: one of its statements had failed and its error was ignored.');
}

function refused(error: Error | undefined): Promise<never> | undefined {
  return error === undefined ? undefined : Promise.reject(error);
}

async function commit(client: pg.PoolClient): Promise<void> {
  const { command } = await fromPg(() => client.query('COMMIT'));
  // Postgres answers COMMIT of a failed transaction with ROLLBACK and no error: the work swallowed the error of a statement.
  if (command !== 'COMMIT') throw ignoredError();
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
