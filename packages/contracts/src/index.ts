export type { ContractRegistry, ContractView, ContractViolation } from './contract-registry.ts';
export { loadContracts } from './load-contracts.ts';
