/** A run that lasted this long was a good one: the next failure starts counting anew. */
const GOOD_RUN_MS = 10_000;
const DELAYS_MS = [0, 500, 1000, 2000, 4000, 8000];
const LONGEST_DELAY_MS = 10_000;

/** How long to wait before the input is opened again after `failures` failures in a row (1 or more). */
export function restartDelayMs(failures: number): number {
  return DELAYS_MS[failures - 1] ?? LONGEST_DELAY_MS;
}

/** The failures in a row, after a run that lasted `runMs`. */
export function countFailure(failuresBefore: number, runMs: number): number {
  return runMs >= GOOD_RUN_MS ? 1 : failuresBefore + 1;
}
