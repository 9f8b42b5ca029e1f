import { Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { TFunction } from 'i18next';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../client/api.ts';
import { describeProblem, type ProblemText } from './problemText.ts';

/** Runs an action once at a time and shows a refusal in words: what happened, and what to do next. */
export function useAction(action: () => Promise<unknown>): { run: () => void; isRunning: boolean } {
  const { t } = useTranslation();
  const [isRunning, setRunning] = useState(false);
  const run = (): void => {
    if (isRunning) return;
    setRunning(true);
    action()
      .catch((error: unknown) => showProblem(error, t))
      .finally(() => setRunning(false));
  };
  return { run, isRunning };
}

export function showProblem(error: unknown, t: TFunction): void {
  const { title, hint, detail } = textOf(error, t);
  notifications.show({
    color: 'var(--state-failed)',
    title,
    message: (
      <Stack gap={4}>
        <Text size="sm">{hint}</Text>
        {detail !== null && (
          <Text size="xs" c="dimmed" lang="en" className="wrap">
            {detail}
          </Text>
        )}
      </Stack>
    ),
    autoClose: 12_000,
    closeButtonProps: { 'aria-label': t('app.close') },
  });
}

function textOf(error: unknown, t: TFunction): ProblemText {
  if (error instanceof ApiProblem) return describeProblem(t, error.problem);
  return { title: t('app.bug'), hint: t('app.bugHint'), detail: String(error) };
}
