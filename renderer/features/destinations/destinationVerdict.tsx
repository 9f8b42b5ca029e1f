import { Text } from '@mantine/core';
import type { TFunction } from 'i18next';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DestinationCheck } from '../../../main/contract/api/destinations.ts';
import type { Problem } from '../../../main/contract/errors.ts';
import { call } from '../../client/api.ts';
import { useCatalogue } from '../../client/catalogue.ts';
import type { FormIssues } from '../../components/formIssues.ts';
import { describeProblem, translateDetail } from '../../components/problemText.ts';
import { type DestinationDraft, draftIssues, fieldName, isUsed, rowField, toOutput } from './draft.ts';

const TYPING_MS = 500;

/** The picture a destination would get. */
export interface Program {
  readonly bitrateKbps: number;
  readonly width?: number;
  readonly height?: number;
}

interface DestinationVerdictProps {
  readonly draft: DestinationDraft;
  readonly program: Program | undefined;
  readonly issues: FormIssues;
}

/** What the engine says about a destination before anything is sent there: a limit of the service, a part of the address that is missing. */
export function DestinationVerdict({ draft, program, issues }: DestinationVerdictProps) {
  const { t } = useTranslation();
  const check = useCheck(draft, program);
  const isSaidAtField = ({ field = '' }: Problem): boolean =>
    issues.errorOf(fieldName(draft, rowField(field.split('.').at(-1) ?? '')), t) !== undefined;
  const problems = check?.problems.filter((problem) => !isSaidAtField(problem));
  return (
    <div role="status">
      {problems?.map((problem) => (
        <Text key={problem.code} size="sm" className="notice">
          {sentenceOf(problem, t)}
        </Text>
      ))}
      {check?.notices.map((notice) => (
        <Text key={notice} size="sm" c="dimmed" lang="en">
          {notice}
        </Text>
      ))}
    </div>
  );
}

function sentenceOf(problem: Problem, t: TFunction): string {
  if (problem.code === 'request.invalid' && problem.detail) return translateDetail(t, problem.detail);
  const { title, hint, detail } = describeProblem(t, problem);
  return `${title}. ${detail ?? hint}`;
}

/** Asked when the typing pauses and the row has all it needs; null until there is an answer. */
function useCheck(draft: DestinationDraft, program: Program | undefined): DestinationCheck | null {
  const catalogue = useCatalogue();
  const [check, setCheck] = useState<DestinationCheck | null>(null);
  useEffect(() => {
    setCheck(null);
    if (!isUsed(draft) || draftIssues(draft, catalogue).length > 0) return;
    let isOld = false;
    const timer = setTimeout(() => {
      call('checkDestination', { body: { output: toOutput(draft, catalogue), program } })
        .then((answer) => isOld || setCheck(answer))
        .catch(() => undefined); // Starting says it again, with the field at fault.
    }, TYPING_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [draft, program, catalogue]);
  return check;
}
