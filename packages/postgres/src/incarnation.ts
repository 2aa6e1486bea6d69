import type { Queryable } from './database/database.ts';

/**
 * Names this life of the database: made when its schema was, and another after a restore into a new cluster or a fail-over.
 * Part of every Redis key, so that what Redis knows of a former life is not believed.
 */
export async function incarnationId(database: Queryable): Promise<string> {
  const [row] = await database.query<{ incarnation: string }>(
    `SELECT left(encode(sha256(convert_to(concat_ws('/', value, s.system_identifier, c.timeline_id, d.oid), 'UTF8')), 'hex'), 16) AS incarnation
     FROM backbone_meta, pg_control_system() AS s, pg_control_checkpoint() AS c, pg_database AS d
     WHERE name = 'incarnation' AND d.datname = current_database()`,
  );
  if (row === undefined) throw new Error('The database has no incarnation: its migrations have not run.');
  return row.incarnation;
}
