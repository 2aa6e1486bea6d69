import { join } from 'node:path';
import { tryCommand } from '../stack/run-command.ts';

function runSmoke(systems: string) {
  const env = { SYSTEMS: systems, OPERATIONS_TOKEN: 'o'.repeat(40), KAFKA_BROKERS: '127.0.0.1:1' };
  return tryCommand({ command: process.execPath, args: [join(import.meta.dirname, 'main.ts')], env, timeoutMs: 20_000 });
}

describe('the smoke test', () => {
  it('says which systems it does not know, and holds nothing against them', async () => {
    expect(await runSmoke('shop,billing')).toEqual({
      status: 0,
      output: 'shop: there is no test of it\nbilling: there is no test of it\n',
    });
  });

  it('tests the others, which must be there', async () => {
    expect(await runSmoke('shop,storage')).toEqual({
      status: 1,
      output: 'shop: there is no test of it\nSTORAGE_AUTH_URL is missing\n',
    });
  });
});
