/** What a row of the bench is made of. The rows themselves are listed in rows.ts. */
import type { Measurement } from './result.ts';
import type { Scope } from './scope.ts';

export interface RowContext {
  /** The built command, cli.cjs. */
  readonly program: string;
  readonly isQuick: boolean;
  /** Stops what the row starts, at its end. */
  readonly scope: Scope;
  /** Says what is going on, for whoever waits. */
  note(text: string): void;
}

export interface Row {
  /** For `--only`. */
  readonly name: string;
  readonly what: string;
  readonly target: string;
  /** How it is measured, in a few sentences. */
  readonly how: string;
  measure(context: RowContext): Promise<Measurement>;
}
