import { fileURLToPath } from 'node:url';
import { type ContractRegistry, loadContracts } from '@throughline/contracts';

/** The contracts of object storage and the bench's own. */
export function benchContracts(): Promise<ContractRegistry> {
  const folders = ['../../../contracts/object-storage/', './contracts/'];
  return loadContracts(folders.map((folder) => fileURLToPath(new URL(folder, import.meta.url))));
}
