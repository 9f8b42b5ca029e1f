import { defineConfig } from 'vitest/config';

const seconds = 1000;

/** Suites that start real processes. One file at a time: they share two cores, ports and the clock. */
function processSuite(name: string, order: number, timeoutSeconds: number) {
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: timeoutSeconds * seconds,
      hookTimeout: 60 * seconds,
      fileParallelism: false,
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
      processSuite('integration', 1, 60),
      processSuite('faults', 2, 120),
      processSuite('e2e', 3, 120),
    ],
  },
});
