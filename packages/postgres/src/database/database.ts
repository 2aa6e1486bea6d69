export interface StatementOptions {
  /** Prepares the statement under this name on each connection: for hot statements whose plan does not depend on the size of a table. One name, one text. */
  readonly name?: string;
  /**
   * With `name` and parameters, outside of transactions: no plan of it reads a table from end to end. So it can be prepared although its tables are small at first; a plan from then would
   * otherwise be kept for large ones. (Default: false)
   */
  readonly isPlannedForIndexes?: boolean;
  /** How long the client waits before it gives the connection up. (Default: 5 s more than the statement timeout) */
  readonly timeoutMs?: number;
}

/** Runs statements, with the errors of `Database.transaction`; a pool outside a transaction, one connection inside. */
export interface Queryable {
  /** Rows of one statement with `$1…` parameters. bigint columns come as strings, timestamptz as Date, jsonb parsed. */
  query<Row>(sql: string, parameters?: readonly unknown[], options?: StatementOptions): Promise<Row[]>;
  /** Rows affected by one statement. */
  execute(sql: string, parameters?: readonly unknown[], options?: StatementOptions): Promise<number>;
}

/** One open transaction (READ COMMITTED). */
export interface Transaction extends Queryable {
  /** What is put into an outbox with it is dropped. (Default: false) */
  readonly isPublishingSuppressed?: boolean;
  /** Runs after the commit, never after a rollback; must not throw (a throw is logged). */
  afterCommit(action: () => void): void;
}

/** A service's own database. */
export interface Database extends Queryable {
  /**
   * Commits when `work` resolves, rolls back when it throws and passes its error; from then on statements of `tx` are refused.
   * A connection lost during the commit leaves open whether it happened.
   * @throws {EventError} retryable: `STORE_UNAVAILABLE` for a lost connection or a server without resources, `TRANSACTION_CONFLICT` for deadlocks, serialisation failures
   * and lock timeouts (40P01, 40001, 55P03).
   */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result>;
  /** @throws when the database does not answer within the time. */
  ping(timeoutMs: number): Promise<void>;
  /** Waits for queries under way, then closes every connection. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly connectionString: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** (Default: 10) */
  readonly maxConnections?: number;
  /** (Default: 15 000) */
  readonly statementTimeoutMs?: number;
  /** A statement that waits longer for a row or table lock fails as retryable `TRANSACTION_CONFLICT`. (Default: 5 000) */
  readonly lockTimeoutMs?: number;
  /** (Default: 5 000) */
  readonly connectTimeoutMs?: number;
}
