import { crc32 } from 'node:zlib';

/** Units of the relay's ownership. Rows keep the shard they were written with, so neither this nor the hash may ever change. */
export const SHARDS = 64;

/** CRC-32 of the key's UTF-8 bytes. The separator occurs in neither part, since Postgres' text cannot hold it. */
export function shardOf(aggregateType: string, aggregateId: string): number {
  return crc32(`${aggregateType}\0${aggregateId}`) % SHARDS;
}
