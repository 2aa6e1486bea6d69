import type pg from 'pg';
import { after, isPrepared, type Preamble, prepare } from './preamble.ts';

const BEGIN: Preamble = { name: 'throughline_begin', text: 'BEGIN' };

/** Begins one transaction on a connection, with its first statement. */
export interface Opening {
  /** False when there is nothing to be ended. */
  readonly isBegun: boolean;
  /** Sends what has to be sent before the first statement. */
  prepare(): Promise<void>;
  /** What to send for a statement. */
  with(statement: pg.QueryConfig): pg.QueryConfig | pg.Query;
}

/**
 * A BEGIN of its own costs each transaction a round trip. It travels with the first statement instead, before the same Sync: when it fails, Postgres skips the
 * statement, which would otherwise commit by itself.
 */
export function createOpening(client: pg.PoolClient): Opening {
  let isBegun = false;
  return {
    get isBegun() {
      return isBegun;
    },
    prepare: async () => {
      if (isPrepared(client, BEGIN)) return;
      isBegun = true;
      await prepare(client, BEGIN);
    },
    with: (statement) => {
      if (isBegun) return statement;
      isBegun = true;
      return isExtended(statement) ? after(BEGIN, statement) : { ...statement, text: `BEGIN;${statement.text}` };
    },
  };
}

/** Others go as plain text, which may hold several statements. */
function isExtended({ name, values = [] }: pg.QueryConfig): boolean {
  return name !== undefined || values.length > 0;
}
