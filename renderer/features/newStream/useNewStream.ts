import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../../main/contract/errors.ts';
import { call } from '../../client/api.ts';
import { useCatalogue } from '../../client/catalogue.ts';
import { goTo } from '../../client/usePlace.ts';
import { type FormIssues, useFormIssues } from '../../components/formIssues.ts';
import { useSubmission } from '../../components/useSubmission.ts';
import { emptyStream, formField, type NewStream, streamIssues, toConfig } from './newStream.ts';

/** What was typed survives leaving the form; only going live, which hands it to the engine, empties it. */
let kept = emptyStream;

interface NewStreamState {
  readonly form: NewStream;
  readonly change: (part: Partial<NewStream>, field: string) => void;
  readonly issues: FormIssues;
  /** What the engine refused and no field can show. */
  readonly problem: Problem | null;
  readonly isRunning: boolean;
  readonly submit: (element: HTMLElement | null) => void;
}

export function useNewStream(): NewStreamState {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  const [form, setForm] = useState(kept);
  const issues = useFormIssues(streamIssues(form, catalogue));
  const { forget, ...submission } = useSubmission({
    issues,
    toField: (path) => formField(path, form),
    send: async () => {
      const names = { preview: t('form.previewName'), recording: t('form.recordName') };
      const stream = await call('createStream', { body: toConfig(form, catalogue, names) });
      kept = emptyStream;
      goTo({ kind: 'stream', streamId: stream.id });
    },
  });
  const change = (part: Partial<NewStream>, field: string): void => {
    kept = { ...form, ...part };
    setForm(kept);
    issues.changed(field);
    forget();
  };
  return { form, change, issues, ...submission };
}
