import { defineConfig } from 'vitest/config';

const seconds = 1000;

/**
 * Suites that start real processes. They mostly wait for them, so there is room for more files at a time than there are
 * cores; fewer where a file looks at what gets through under stress.
 */
function processSuite(name: string, order: number, timeoutSeconds: number, maxWorkers: number) {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: timeoutSeconds * seconds,
      hookTimeout: 60 * seconds,
      globalSetup: name === 'e2e' ? [] : ['test/helpers/warmEncoders.ts'],
      fileParallelism: maxWorkers > 1,
      maxWorkers,
      // A machine that was busy with something else at the wrong moment is not a defect; twice in a row is.
      retry: process.env.CI ? 1 : 0,
      sequence: { groupOrder: order }, // The quick suites first, and never two at once.
    },
  };
}

export default defineConfig({
  test: {
    environment: 'node',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.{ts,tsx}', 'test/architecture/**/*.test.ts'],
          testTimeout: 5 * seconds,
        },
      },
      processSuite('integration', 1, 60, 3),
      processSuite('faults', 2, 120, 2),
      processSuite('e2e', 3, 120, 2),
    ],
  },
});
