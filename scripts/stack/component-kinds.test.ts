import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ComponentKind, ComponentName } from './component.ts';
import { chooseKind, openKinds } from './component-kinds.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'throughline-kinds-'));
const formerPath = process.env.PATH;

// No Docker is found, whatever this machine has.
beforeAll(() => {
  process.env.PATH = dataDir;
});
afterAll(() => {
  process.env.PATH = formerPath;
  rmSync(dataDir, { recursive: true, force: true });
});

function choose(former: ComponentKind | undefined, givenAddress?: string, name: ComponentName = 'postgres') {
  const kinds = { of: () => former, remember: () => undefined };
  const context = { givenAddress, progress: () => undefined };
  return chooseKind({ name, variable: 'DATABASE_URL', image: 'postgres:17', kinds, context });
}

describe('chooseKind', () => {
  it.each<[ComponentKind | undefined, string | undefined, ComponentKind]>([
    [undefined, 'postgres://there', 'given'],
    [undefined, undefined, 'native'],
    ['given', 'postgres://there', 'given'],
    ['native', undefined, 'native'],
  ])('was %s, given %s: %s', async (former, address, kind) => {
    expect(await choose(former, address)).toBe(kind);
  });

  it.each<[ComponentKind, string | undefined, string]>([
    ['native', 'postgres://there', 'Unset DATABASE_URL'],
    ['docker', 'postgres://there', 'Unset DATABASE_URL'],
    ['given', undefined, 'Set it'],
    ['docker', undefined, 'Start Docker'],
  ])('was %s, given %s: refused', async (former, address, advice) => {
    await expect(choose(former, address)).rejects.toMatchObject({
      code: 'COMPONENT_MOVED',
      message: expect.stringContaining(advice),
    });
  });

  it('lets Redis move, which keeps no data', async () => {
    expect(await choose('given', undefined, 'redis')).toBe('native');
  });
});

describe('openKinds', () => {
  it('remembers from one start to the next', () => {
    const first = openKinds(dataDir);
    expect(first.of('kafka')).toBeUndefined();
    first.remember('kafka', 'docker');
    first.remember('postgres', 'native');
    const second = openKinds(dataDir);
    expect([second.of('kafka'), second.of('postgres'), second.of('redis')]).toEqual(['docker', 'native', undefined]);
  });
});
