import { Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../client/api.ts';
import { useCatalogue } from '../../client/catalogue.ts';
import { Dialog } from '../../components/dialog.tsx';
import { useFormIssues } from '../../components/formIssues.ts';
import { ProblemNote } from '../../components/problemNote.tsx';
import { useSubmission } from '../../components/useSubmission.ts';
import { DestinationFields } from '../destinations/destinationFields.tsx';
import {
  draftIssues,
  emptyDraft,
  fieldName,
  isUsed,
  type OutputInput,
  rowField,
  toOutput,
} from '../destinations/draft.ts';

const kinds = ['destination', 'hls', 'file'] as const;
type Kind = (typeof kinds)[number];

interface AddOutputProps {
  readonly streamId: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** One more output, also while the stream is live: the others are not touched. */
export function AddOutput({ streamId, isOpen, onClose }: AddOutputProps) {
  const { t } = useTranslation();
  return (
    <Dialog title={t('addOutput.title')} isOpen={isOpen} onClose={onClose}>
      <AddOutputForm streamId={streamId} onClose={onClose} />
    </Dialog>
  );
}

function AddOutputForm({ streamId, onClose }: Omit<AddOutputProps, 'isOpen'>) {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  const element = useRef<HTMLFormElement>(null);
  const [kind, setKind] = useState<Kind>('destination');
  const [draft, setDraft] = useState(emptyDraft(0));
  const issues = useFormIssues(kind === 'destination' ? draftIssues(draft, catalogue) : []);
  const { problem, isRunning, submit } = useSubmission({
    issues,
    toField: (path) => (kind === 'destination' && path !== '' ? fieldName(draft, rowField(path)) : null),
    send: async () => {
      const names = { hls: t('form.previewName'), file: t('form.recordName') };
      const output: OutputInput =
        kind === 'destination' ? toOutput(draft, catalogue) : { type: kind, name: names[kind] };
      await call('createOutput', { params: { streamId }, body: output });
      onClose();
    },
  });
  const send = (event: FormEvent): void => {
    event.preventDefault();
    submit(element.current);
  };
  return (
    <form ref={element} onSubmit={send} noValidate>
      <Stack gap="md">
        <SegmentedControl
          aria-label={t('addOutput.kind')}
          value={kind}
          data={kinds.map((value) => ({ value, label: t(`addOutput.kinds.${value}`) }))}
          onChange={(next) => setKind(next)}
        />
        {kind === 'destination' ? (
          <DestinationFields draft={draft} onChange={setDraft} issues={issues} />
        ) : (
          <Text size="sm">{t(`addOutput.help.${kind}`)}</Text>
        )}
        {problem && <ProblemNote problem={problem} />}
        <Group justify="end">
          <Button type="submit" loading={isRunning} disabled={kind === 'destination' && !isUsed(draft)}>
            {t('addOutput.submit')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
