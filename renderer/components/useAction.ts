import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { ApiProblem } from '../client/api.ts';

/** Runs an action once at a time and shows a refusal in words: what happened, and what to do next. */
export function useAction(action: () => Promise<void>): { run: () => void; isRunning: boolean } {
  const [isRunning, setRunning] = useState(false);
  const run = (): void => {
    if (isRunning) return;
    setRunning(true);
    action()
      .catch(showProblem)
      .finally(() => setRunning(false));
  };
  return { run, isRunning };
}

export function showProblem(error: unknown): void {
  const problem = error instanceof ApiProblem ? error.problem : null;
  notifications.show({
    color: 'orange',
    title: problem?.title ?? 'streamware',
    message: [problem?.detail, problem?.hint].filter(Boolean).join(' ') || String(error),
    autoClose: 10_000,
  });
}
