import { Box, Button, Checkbox, Group, Stack, TextInput, Title } from '@mantine/core';
import { IconBroadcast } from '@tabler/icons-react';
import { type FormEvent, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { goTo } from '../../client/usePlace.ts';
import type { FormIssues } from '../../components/formIssues.ts';
import { goLabel } from '../../components/goLabel.ts';
import { ProblemNote } from '../../components/problemNote.tsx';
import { DestinationList } from './destinationList.tsx';
import { type NewStream, usedDestinations } from './newStream.ts';
import { PictureFields } from './pictureFields.tsx';
import { SourceFields } from './sourceFields.tsx';
import { useNewStream } from './useNewStream.ts';

/** One part of the form: it shows fields and reports what changed. */
export interface PartProps {
  readonly form: NewStream;
  /** @param field the one that was changed, as errors name it */
  readonly change: (part: Partial<NewStream>, field: string) => void;
  readonly issues: FormIssues;
}

export function NewStreamForm() {
  const { t } = useTranslation();
  const element = useRef<HTMLFormElement>(null);
  const { form, change, issues, problem, isRunning, submit } = useNewStream();
  const part: PartProps = { form, change, issues };
  const send = (event: FormEvent): void => {
    event.preventDefault();
    submit(element.current);
  };
  const destinations = usedDestinations(form).length;
  const isEmpty = destinations === 0 && !form.hasPreview && !form.isRecording;
  return (
    <Box
      component="form"
      ref={element}
      className="wide"
      onSubmit={send}
      noValidate
      aria-labelledby="new-stream"
      maw={720}
    >
      <Title order={2} size="h4" id="new-stream" mb="lg">
        {t('form.title')}
      </Title>
      <Stack gap="xl">
        <Stack gap="sm">
          <TextInput
            label={t('form.name')}
            placeholder={t('form.namePlaceholder')}
            value={form.name}
            maxLength={200}
            data-field="name"
            error={issues.errorOf('name', t)}
            onChange={(event) => change({ name: event.currentTarget.value }, 'name')}
          />
          <SourceFields {...part} />
          <PictureFields {...part} />
        </Stack>
        <DestinationList {...part} />
        <OwnComputer {...part} />
        {problem && <ProblemNote problem={problem} />}
        <Group justify="space-between" wrap="nowrap">
          <Button variant="subtle" color="gray" onClick={() => goTo({ kind: 'home' })}>
            {t('app.cancel')}
          </Button>
          <Button
            type="submit"
            size="lg"
            leftSection={<IconBroadcast size={20} />}
            loading={isRunning}
            disabled={isEmpty}
          >
            {isEmpty ? t('go.nothing') : goLabel(t, { destinations, isRecording: form.isRecording })}
          </Button>
        </Group>
      </Stack>
    </Box>
  );
}

function OwnComputer({ form, change, issues }: PartProps) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" role="group" aria-labelledby="new-stream-here">
      <Title order={3} size="md" id="new-stream-here">
        {t('form.here')}
      </Title>
      <Checkbox
        label={t('form.preview')}
        description={t('form.previewHelp')}
        checked={form.hasPreview}
        data-field="preview"
        error={issues.errorOf('preview', t)}
        onChange={(event) => change({ hasPreview: event.currentTarget.checked }, 'preview')}
      />
      <Checkbox
        label={t('form.record')}
        description={t('form.recordHelp')}
        checked={form.isRecording}
        data-field="record"
        error={issues.errorOf('record', t)}
        onChange={(event) => change({ isRecording: event.currentTarget.checked }, 'record')}
      />
    </Stack>
  );
}
