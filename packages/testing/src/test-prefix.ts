import { randomBytes } from 'node:crypto';

/**
 * A prefix no other suite and no other run has, for topics, consumer groups, Redis keys and database names:
 * lower-case letters and digits behind the given word, such as `relay-k3f09a2c`.
 */
export function testPrefix(word = 'test'): string {
  return `${word}-t${randomBytes(5).toString('hex')}`;
}
