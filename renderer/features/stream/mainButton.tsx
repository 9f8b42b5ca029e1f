import { Button, Stack } from '@mantine/core';
import { IconBroadcast, IconPlayerStop, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { OutputStatus, Stream } from '../../../main/contract/streams.ts';
import { hasAudience } from '../../client/airState.ts';
import { call } from '../../client/api.ts';
import { ConfirmButton } from '../../components/confirmButton.tsx';
import { goLabel } from '../../components/goLabel.ts';
import { useAction } from '../../components/useAction.tsx';

/** The one big button. Its words say what will happen. */
export function MainButton({ stream }: { stream: Stream }) {
  const { t } = useTranslation();
  const params = { streamId: stream.id };
  const isOn = (output: OutputStatus): boolean => output.order === 'on';
  const audience = stream.outputs.filter((output) => isOn(output) && hasAudience(output, false));
  const isRecording = stream.outputs.some((output) => isOn(output) && output.kind === 'file');
  const start = useAction(() => call('startStream', { params }));

  if (stream.order === 'live') {
    const names = audience.map(({ name }) => name).join(', ');
    return (
      <ConfirmButton
        variant="default"
        size="lg"
        fullWidth
        mt="md"
        leftSection={<IconPlayerStop size={20} />}
        question={t('stop.question', { name: stream.name })}
        consequence={[
          names === '' ? t('stop.nobody') : t('stop.audience', { names }),
          isRecording ? t('stop.recording') : '',
        ]
          .join(' ')
          .trim()}
        confirm={t('stop.confirm')}
        action={() => call('stopStream', { params })}
      >
        {t('stop.button')}
      </ConfirmButton>
    );
  }
  return (
    <Stack gap="xs" mt="md">
      <Button
        size="lg"
        fullWidth
        leftSection={<IconBroadcast size={20} />}
        loading={start.isRunning}
        disabled={!stream.outputs.some(isOn)}
        onClick={start.run}
      >
        {goLabel(t, { destinations: audience.length, isRecording })}
      </Button>
      <ConfirmButton
        variant="subtle"
        color="gray"
        size="compact-sm"
        leftSection={<IconTrash size={14} />}
        question={t('delete.question', { name: stream.name })}
        consequence={t('delete.consequence')}
        confirm={t('delete.confirm')}
        action={() => call('deleteStream', { params })}
      >
        {t('delete.button')}
      </ConfirmButton>
    </Stack>
  );
}
