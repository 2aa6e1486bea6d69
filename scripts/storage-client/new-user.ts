import { registerUser, type StorageSession, signIn } from './storage-client.ts';

/** Registers a user that no other run has and signs in. */
export async function newUser(edgeUrl: string): Promise<StorageSession> {
  const account = { email: `user-${crypto.randomUUID()}@example.com`, password: crypto.randomUUID() };
  const { userId } = await registerUser(edgeUrl, account);
  return signIn(edgeUrl, { ...account, userId });
}
