import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKinds } from './component-kinds.ts';
import { requireWholeReset } from './reset-data.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'throughline-reset-'));

afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

describe('requireWholeReset', () => {
  it('lets go what is all here', () => {
    expect(() => requireWholeReset(dataDir)).not.toThrow();
    openKinds(dataDir).remember('postgres', 'native');
    expect(() => requireWholeReset(dataDir)).not.toThrow();
  });

  it('refuses where the rows are in a Postgres elsewhere', () => {
    openKinds(dataDir).remember('postgres', 'given');
    expect(() => requireWholeReset(dataDir)).toThrow(expect.objectContaining({ code: 'BAD_OPTION' }));
  });
});
