export type { ContractRegistry, ContractView, ContractViolation } from './contract-registry.ts';
