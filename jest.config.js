import { existsSync, readdirSync } from 'node:fs';
import { swcOptions } from './tools/swc.mjs';

// Jest runs the sources: imports keep their `.ts`.
const sourceOptions = { ...swcOptions, jsc: { ...swcOptions.jsc, rewriteRelativeImportExtensions: false } };

/**
 * One Jest project a library or app. Lanes are chosen by file suffix:
 *   x.test.ts       unit          x.int.test.ts   sockets, native stores
 *   x.sim.test.ts   simulator     x.real.test.ts  real Kafka and Cassandra (MILLRACE_REAL=1, started by tools/test.mjs)
 */
const real = process.env['MILLRACE_REAL'] === '1';
const roots = ['libs', 'apps'].flatMap((dir) =>
  existsSync(dir) ? readdirSync(dir).map((name) => ({ name, root: `<rootDir>/${dir}/${name}` })) : [],
);
roots.push({ name: 'tools', root: '<rootDir>/tools' });

export default {
  testTimeout: 30_000,
  projects: roots.map(({ name, root }) => ({
    displayName: name,
    rootDir: import.meta.dirname,
    roots: [root],
    testEnvironment: 'node',
    testMatch: real ? ['**/*.real.test.ts'] : ['**/*.test.ts'],
    testPathIgnorePatterns: ['/node_modules/', '/dist/', ...(real ? [] : ['\\.real\\.test\\.ts$'])],
    modulePathIgnorePatterns: ['/dist/'],
    extensionsToTreatAsEsm: ['.ts'],
    testEnvironmentOptions: {
      customExportConditions: ['@millrace/source', 'node', 'node-addons'],
    },
    transform: { '\\.ts$': ['@swc/jest', { ...sourceOptions, sourceMaps: 'inline', swcrc: false }] },
  })),
};
