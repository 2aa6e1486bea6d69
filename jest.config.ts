import type { Config } from 'jest';

const project = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }] as [
      string,
      Record<string, unknown>,
    ],
  },
  testMatch: ['<rootDir>/{packages,services,scripts,contracts,test}/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/.throughline/'],
  modulePathIgnorePatterns: ['/.throughline/'],
};

/** `unit` is pure; `chart` needs Helm and what judges its output (npm run test:chart); `int` needs the addresses of a real stack in its environment, as `npm test` gives them. */
const config: Config = {
  maxWorkers: 2,
  // Of tests that say `concurrent`: those of the crash table wait for session time-outs most of their time.
  maxConcurrency: 8,
  testTimeout: 30_000,
  projects: [
    {
      ...project,
      displayName: 'unit',
      testPathIgnorePatterns: [...project.testPathIgnorePatterns, '\\.int\\.test\\.ts$', '/test/chart/'],
    },
    { ...project, displayName: 'chart', testMatch: ['<rootDir>/test/chart/**/*.test.ts'] },
    {
      ...project,
      displayName: 'int',
      testMatch: ['<rootDir>/{packages,services,scripts,contracts,test}/**/*.int.test.ts'],
    },
  ],
};

export default config;
