import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../main/contract/errors.ts';
import { ApiProblem } from '../client/api.ts';
import { type FormIssues, sortRefusal } from './formIssues.ts';
import { showProblem } from './useAction.tsx';

interface SubmissionOptions {
  readonly issues: FormIssues;
  /** The form's field for a path of the engine; null when it has none. */
  readonly toField: (path: string) => string | null;
  readonly send: () => Promise<unknown>;
}

interface Submission {
  /** What the engine refused and no field can show. */
  readonly problem: Problem | null;
  readonly isRunning: boolean;
  /** @param form where the field at fault is looked for, which then gets the cursor */
  readonly submit: (form: HTMLElement | null) => void;
  /** The user changed something: the old refusal no longer counts. */
  readonly forget: () => void;
}

/** Sends a form once at a time. A refusal is shown where it belongs, and nothing that was typed is lost. */
export function useSubmission({ issues, toField, send }: SubmissionOptions): Submission {
  const { t } = useTranslation();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isRunning, setRunning] = useState(false);

  const refuse = (error: unknown, form: HTMLElement | null): void => {
    if (!(error instanceof ApiProblem)) {
      showProblem(error, t);
      return;
    }
    const { issues: atFields, isRest } = sortRefusal(error.problem, toField);
    issues.refused(atFields);
    setProblem(isRest ? error.problem : null);
    focusField(form, atFields[0]?.field);
  };
  const submit = (form: HTMLElement | null): void => {
    const [first] = issues.showAll();
    if (first !== undefined || isRunning) {
      focusField(form, first);
      return;
    }
    setRunning(true);
    setProblem(null);
    send()
      .catch((error: unknown) => refuse(error, form))
      .finally(() => setRunning(false));
  };
  return { problem, isRunning, submit, forget: () => setProblem(null) };
}

/** Puts the cursor into the first field at fault, once it is drawn. */
function focusField(form: HTMLElement | null, field: string | undefined): void {
  if (field === undefined) return;
  form?.querySelector<HTMLElement>(`[data-field="${CSS.escape(field)}"]`)?.focus();
}
