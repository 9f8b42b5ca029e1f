import { Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DestinationCheck } from '../../../main/contract/api/destinations.ts';
import { call } from '../../client/api.ts';
import { useCatalogue } from '../../client/catalogue.ts';
import { describeProblem } from '../../components/problemText.ts';
import { type DestinationDraft, draftIssues, isUsed, toOutput } from './draft.ts';

const TYPING_MS = 500;

interface DestinationVerdictProps {
  readonly draft: DestinationDraft;
  readonly bitrateKbps: number | undefined;
}

/** What the engine says about a destination before anything is sent there: a limit of the service, a codec it cannot carry. */
export function DestinationVerdict({ draft, bitrateKbps }: DestinationVerdictProps) {
  const { t } = useTranslation();
  const problems = useCheck(draft, bitrateKbps);
  return (
    <div role="status">
      {problems.map((problem) => {
        const { title, hint, detail } = describeProblem(t, problem);
        return (
          <Text key={problem.code} size="sm" className="notice">
            {title}. {detail ?? hint}
          </Text>
        );
      })}
    </div>
  );
}

function useCheck(draft: DestinationDraft, bitrateKbps: number | undefined): DestinationCheck['problems'] {
  const catalogue = useCatalogue();
  const [problems, setProblems] = useState<DestinationCheck['problems']>([]);
  useEffect(() => {
    setProblems([]);
    if (!isUsed(draft) || draftIssues(draft, catalogue).length > 0) return;
    let isOld = false;
    const timer = setTimeout(() => {
      call('checkDestination', {
        body: { output: toOutput(draft, catalogue), ...(bitrateKbps ? { program: { bitrateKbps } } : {}) },
      })
        .then((check) => isOld || setProblems(check.problems))
        .catch(() => undefined); // Starting says it again, with the field at fault.
    }, TYPING_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [draft, bitrateKbps, catalogue]);
  return problems;
}
