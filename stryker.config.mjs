// `npm run mutation`: would the tests notice a fault in what compiles and evaluates policies? Every change that Stryker
// makes to these files has to fail a test, for nine in ten at the least.

export default {
  mutate: [
    'shared/domain/{permission-compiler,policy-layout,topic-pattern,pattern-overlap}.ts',
    'shared/domain/{iot-policy,iot-policy-document}.ts',
  ],
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  // TypeScript 7 has no compiler API to rewrite tsconfig.json with; as it is it will do, wherever it stands
  tsconfigFile: 'none',
  // copied to a folder that git ignores and that is deleted at the end
  tempDirName: '.stryker-tmp',
  cleanTempDir: 'always',
  ignorePatterns: ['/*', '!/package.json', '!/tsconfig.json', '!/vitest.mutation.config.ts', '!/shared', '!/test'],
  concurrency: 2,
  timeoutMS: 20_000,
  reporters: ['progress-append-only', 'clear-text'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, skipFull: true },
  thresholds: { high: 95, low: 90, break: 90 },
};
