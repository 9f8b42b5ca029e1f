/** What is wrong with the fields of a form, in two voices: what this page sees by itself, and what the engine said. */
import type { TFunction } from 'i18next';
import { useState } from 'react';
import type { Problem } from '../../main/contract/errors.ts';
import { describeProblem, translateDetail } from './problemText.ts';

type LocalReason =
  | 'missing'
  | 'addressMissing'
  | 'addressScheme'
  | 'serviceMissing'
  | 'keyMissing'
  | 'passphraseLength'
  | 'bitrateRange';

export type FormIssue =
  | { readonly field: string; readonly reason: LocalReason }
  | { readonly field: string; readonly problem: Problem; readonly detail: string | undefined };

export interface FormIssues {
  /** What to show at a field; undefined when nothing. */
  errorOf(field: string, t: TFunction): string | undefined;
  /** The user left the field: from now on it is checked while typing. */
  touch(field: string): void;
  /** The user changed the field: what the engine said about the old value no longer counts. */
  changed(field: string): void;
  /** The engine's answer to the whole form. */
  refused(issues: readonly FormIssue[]): void;
  /** Shows everything. Returns the fields at fault. */
  showAll(): string[];
}

/** @param local what this page sees by itself in the form as it is now */
export function useFormIssues(local: readonly FormIssue[]): FormIssues {
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [isAllShown, setAllShown] = useState(false);
  const [fromEngine, setFromEngine] = useState<readonly FormIssue[]>([]);
  return {
    errorOf(field, t) {
      const own = isAllShown || touched.has(field) ? local.find((issue) => issue.field === field) : undefined;
      const issue = own ?? fromEngine.find((issue) => issue.field === field);
      return issue && issueText(issue, t);
    },
    touch: (field) => setTouched((old) => new Set(old).add(field)),
    changed: (field) => setFromEngine((old) => old.filter((issue) => issue.field !== field)),
    refused: setFromEngine,
    showAll() {
      setAllShown(true);
      return local.map(({ field }) => field);
    },
  };
}

/**
 * The engine's refusal, sorted to the fields of the form.
 * @param toField the form's field for a path of the engine, such as `output.0.url`; null when the form has none
 * @returns the issues with a place, and whether there is something left to say that has none
 */
export function sortRefusal(
  problem: Problem,
  toField: (path: string) => string | null,
): { issues: FormIssue[]; isRest: boolean } {
  const all = problem.issues ?? [{ field: problem.field ?? '', detail: problem.detail }];
  const issues = all.flatMap(({ field, detail }) => {
    const known = toField(field);
    return known === null ? [] : [{ field: known, problem, detail: withoutField(detail, field) }];
  });
  return { issues, isRest: issues.length < all.length };
}

/** The first of several issues names its field in its sentence; at the field itself that would be said twice. */
function withoutField(detail: string | undefined, field: string): string | undefined {
  return detail?.startsWith(`${field} `) ? detail.slice(field.length + 1) : detail;
}

function issueText(issue: FormIssue, t: TFunction): string {
  if ('reason' in issue) return t(`issue.${issue.reason}`);
  if (issue.problem.code === 'request.invalid' && issue.detail !== undefined)
    return translateDetail(t, issue.detail);
  const { title, hint } = describeProblem(t, issue.problem);
  return `${title}. ${hint}`;
}
