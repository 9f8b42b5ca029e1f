/**
 * Every error a user or a plugin can meet. A code is never renamed or reused; a retired one stays listed.
 * `retryable` says whether trying the same thing again can help without a change by the user; retry loops read it.
 * `hint` is the next step, in plain words.
 */
export interface ErrorEntry {
  status: number;
  retryable: boolean;
  title: string;
  hint: string;
}

export const entry = (status: number, retryable: boolean, title: string, hint: string): ErrorEntry => ({
  status,
  retryable,
  title,
  hint,
});
