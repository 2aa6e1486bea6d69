import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isEventError } from '@throughline/events';
import { loadContracts } from './load-contracts.ts';

const SCHEMA = 'https://json-schema.org/draft/2020-12/schema';
const NOTE = { $schema: SCHEMA, type: 'object', required: ['note'], properties: { note: { type: 'string' } } };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'contracts-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function write(files: Record<string, unknown>, under = ''): Promise<string> {
  const target = join(directory, under);
  await mkdir(target, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(target, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return target;
}

async function faultsOf(directories: string | string[]): Promise<string[]> {
  try {
    await loadContracts(directories);
  } catch (error) {
    if (isEventError(error) && error.code === 'CONFIGURATION_REFUSED' && !error.retryable)
      return error.message.split('\n').slice(1);
    throw error;
  }
  return [];
}

describe('loadContracts', () => {
  it('loads what is named like a contract and leaves the rest alone', async () => {
    await write({ 'NOTED.v1.schema.json': NOTE, 'NOTED.v1.example.json': '{', 'README.md': '#' });
    expect((await loadContracts(directory)).names).toEqual(['NOTED.v1']);
  });

  it('knows the newest version of a type by number', async () => {
    await write({ 'a.noted.v9.schema.json': NOTE, 'a.noted.v10.schema.json': NOTE, 'a.noted.v2.schema.json': NOTE });
    const contracts = await loadContracts([directory]);
    expect(contracts.newest('a.noted')).toBe('a.noted.v10');
    expect(contracts.newest('noted')).toBeUndefined();
  });

  it('validates against the contract that is named', async () => {
    const first = await write({ 'A.v1.schema.json': NOTE }, 'first');
    const second = await write({ 'B.v1.schema.json': { ...NOTE, required: [] } }, 'second');
    const contracts = await loadContracts([first, second]);
    expect(contracts.validate('A.v1', {}, 'open')).toEqual([
      { path: '/note', rule: 'required', message: "must have required property 'note'" },
    ]);
    expect(contracts.validate('B.v1', {}, 'open')).toEqual([]);
  });

  it.each(['NOTED.v2', 'NOTED', 'constructor'])('does not know %s', async (name) => {
    await write({ 'NOTED.v1.schema.json': NOTE });
    const contracts = await loadContracts(directory);
    expect(() => contracts.validate(name, {}, 'open')).toThrow(
      expect.objectContaining({ code: 'CONTRACT_UNKNOWN', retryable: false }),
    );
  });

  it('names every fault and its file at once', async () => {
    await write({
      'BROKEN.v1.schema.json': '{',
      'LIST.v1.schema.json': '[]',
      'MISSPELT.v1.schema.json': { $schema: SCHEMA, type: 'object', requird: ['note'] },
      'MISTYPED.v1.schema.json': { $schema: SCHEMA, type: 'strnig' },
      'OLD.v1.schema.json': { ...NOTE, $schema: 'http://json-schema.org/draft-07/schema#' },
      'OUTSIDE.v1.schema.json': { $schema: SCHEMA, $ref: 'other.schema.json' },
      'FORMAT.v1.schema.json': { $schema: SCHEMA, type: 'string', format: 'uuuid' },
      'UNVERSIONED.schema.json': NOTE,
      'ZERO.v0.schema.json': NOTE,
    });
    const faults = await faultsOf([directory, join(directory, 'absent')]);
    expect(faults.map((fault) => fault.slice(directory.length + 1))).toEqual([
      expect.stringMatching(/^absent: ENOENT/),
      expect.stringMatching(/^BROKEN\.v1\.schema\.json: .*JSON/),
      'FORMAT.v1.schema.json: unknown format "uuuid" ignored in schema at path "#"',
      'LIST.v1.schema.json: must be a JSON object',
      'MISSPELT.v1.schema.json: strict mode: unknown keyword: "requird"',
      expect.stringMatching(/^MISTYPED\.v1\.schema\.json: schema is invalid: data\/type/),
      'OLD.v1.schema.json: no schema with key or ref "http://json-schema.org/draft-07/schema#"',
      "OUTSIDE.v1.schema.json: can't resolve reference other.schema.json from id #",
      'UNVERSIONED.schema.json: must be named <TYPE>.v<N>.schema.json',
      'ZERO.v0.schema.json: must be named <TYPE>.v<N>.schema.json',
    ]);
  });

  it('refuses two contracts of one name', async () => {
    const first = await write({ 'NOTED.v1.schema.json': NOTE }, 'first');
    const second = await write({ 'NOTED.v1.schema.json': NOTE }, 'second');
    const faults = await faultsOf([first, second]);
    expect(faults).toEqual([`${join(second, 'NOTED.v1.schema.json')}: ${join(first, 'NOTED.v1.schema.json')} has the same name`]);
  });

  it('refuses a directory without contracts', async () => {
    expect(await faultsOf(directory)).toEqual([`${directory}: holds no *.schema.json`]);
  });
});
