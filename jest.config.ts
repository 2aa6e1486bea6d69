import type { Config } from 'jest';

const config: Config = {
  rootDir: '.',
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }] },
  testMatch: ['<rootDir>/{packages,services,scripts,contracts,test}/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/.throughline/'],
  modulePathIgnorePatterns: ['/.throughline/'],
};

export default config;
