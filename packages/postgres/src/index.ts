export type { Database, DatabaseOptions, Queryable, Transaction } from './database.ts';
