import { parseOptions } from '@node-rs/argon2';
import { createPasswordHasher, type PasswordHasher } from './password-hasher.ts';

let hasher: PasswordHasher;

beforeAll(async () => {
  hasher = await createPasswordHasher();
});

it('hashes with argon2id at the cost OWASP names', async () => {
  expect(parseOptions(await hasher.hash('correct horse'))).toMatchObject({
    algorithm: 2,
    memoryCost: 19_456,
    timeCost: 2,
    parallelism: 1,
  });
});

it('knows the right password from a wrong one', async () => {
  const stored = await hasher.hash('correct horse');
  await expect(hasher.verify(stored, 'correct horse')).resolves.toBe(true);
  await expect(hasher.verify(stored, 'correct house')).resolves.toBe(false);
});

it('is false without an account', async () => {
  await expect(hasher.verify(undefined, 'anything')).resolves.toBe(false);
});
