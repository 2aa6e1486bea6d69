import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { EventError } from '@throughline/events';
import { type CompiledContract, compileContract } from './compile-contract.ts';
import type { ContractRegistry } from './contract-registry.ts';

const SUFFIX = '.schema.json';
const FILE_NAME = /^(?<type>.+)\.v(?<version>[1-9]\d*)\.schema\.json$/;

interface Contract {
  readonly name: string;
  readonly type: string;
  readonly version: number;
  readonly file: string;
  readonly validate: CompiledContract;
}

/**
 * Reads every `<TYPE>.v<N>.schema.json` of the directories (not of those below) and compiles it; other files are left alone.
 *
 * @param directories paths, e.g. `contracts/object-storage`
 * @throws {EventError} `CONFIGURATION_REFUSED` with a line for each fault: directory unreadable or without contracts, file name, JSON, schema, same name twice
 * @example const contracts = await loadContracts('contracts/object-storage');
 */
export async function loadContracts(directories: string | readonly string[]): Promise<ContractRegistry> {
  const faults: string[] = [];
  const contracts = new Map<string, Contract>();
  for (const file of await listFiles([directories].flat(), faults)) {
    const contract = await loadContract(file, faults);
    const other = contract && contracts.get(contract.name);
    if (other !== undefined) faults.push(`${file}: ${other.file} has the same name`);
    else if (contract !== undefined) contracts.set(contract.name, contract);
  }
  if (faults.length > 0) throw new EventError('CONFIGURATION_REFUSED', `Contracts cannot be loaded:\n${faults.join('\n')}`);
  return createRegistry(contracts);
}

function createRegistry(contracts: ReadonlyMap<string, Contract>): ContractRegistry {
  const newest = new Map<string, Contract>();
  for (const contract of contracts.values()) {
    if (contract.version > (newest.get(contract.type)?.version ?? 0)) newest.set(contract.type, contract);
  }
  return {
    names: [...contracts.keys()],
    newest: (type) => newest.get(type)?.name,
    validate(name, envelope, view) {
      const contract = contracts.get(name);
      if (contract === undefined) throw new EventError('CONTRACT_UNKNOWN', `There is no contract ${JSON.stringify(name)}`);
      return contract.validate(envelope, view);
    },
  };
}

async function listFiles(directories: readonly string[], faults: string[]): Promise<string[]> {
  const files: string[] = [];
  for (const directory of directories) {
    try {
      const names = (await readdir(directory)).filter((name) => name.endsWith(SUFFIX)).sort();
      if (names.length === 0) faults.push(`${directory}: holds no *${SUFFIX}`);
      files.push(...names.map((name) => join(directory, name)));
    } catch (error) {
      faults.push(`${directory}: ${messageOf(error)}`);
    }
  }
  return files;
}

async function loadContract(file: string, faults: string[]): Promise<Contract | undefined> {
  const { type, version } = FILE_NAME.exec(basename(file))?.groups ?? {};
  if (type === undefined) {
    faults.push(`${file}: must be named <TYPE>.v<N>${SUFFIX}`);
    return undefined;
  }
  try {
    const schema: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) throw new TypeError('must be a JSON object');
    return { name: `${type}.v${version}`, type, version: Number(version), file, validate: compileContract({ ...schema }) };
  } catch (error) {
    faults.push(`${file}: ${messageOf(error)}`);
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
