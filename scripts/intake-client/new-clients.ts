import { newUser } from '../storage-client/new-user.ts';
import { createIntakeClient, type IntakeClient } from './intake-client.ts';

/** Successful registrations are not limited below this many a minute. */
const MAX_USERS = 20;
/** Below the 1,000 a second that a client has by default, as load comes in gusts. */
const RATE_A_USER = 800;

/** Registers as many users as an order rate needs under the default limit of a client, or `count`. */
export async function newClients(baseUrl: string, { rate, count }: { rate: number; count?: number }): Promise<IntakeClient[]> {
  const users = count ?? Math.ceil(rate / RATE_A_USER);
  if (users > MAX_USERS) throw new RangeError(`${users} users are more than can register in a minute (${MAX_USERS})`);
  const clients: IntakeClient[] = [];
  for (let n = 0; n < users; n += 1) clients.push(createIntakeClient({ baseUrl, token: (await newUser(baseUrl)).token }));
  return clients;
}
