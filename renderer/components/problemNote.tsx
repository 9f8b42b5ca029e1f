import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../main/contract/errors.ts';
import { describeProblem } from './problemText.ts';

/** What happened, what to do next, and the particulars, as a quiet note in the page. */
export function ProblemNote({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  const { title, hint, detail } = describeProblem(t, problem);
  return (
    <div className="notice" role="status">
      <Text size="sm">
        <Text span inherit fw={600}>
          {title}.
        </Text>{' '}
        {hint}
      </Text>
      {detail !== null && (
        <Text size="xs" c="dimmed" lang="en" className="wrap" mt={4}>
          {detail}
        </Text>
      )}
    </div>
  );
}
