import { Button, Stack } from '@mantine/core';
import { IconBroadcast, IconPlayerStop, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { OutputStatus, Stream } from '../../../main/contract/streams.ts';
import { hasAudience } from '../../client/airState.ts';
import { call } from '../../client/api.ts';
import { ConfirmButton } from '../../components/confirmButton.tsx';
import { goLabel } from '../../components/goLabel.ts';
import { useAction } from '../../components/useAction.tsx';

/** The one big button, always in reach. Its words say what will happen. */
export function MainButton({ stream }: { stream: Stream }) {
  return (
    <div className="mainButton">
      {stream.order === 'live' ? <StopButton stream={stream} /> : <StartButtons stream={stream} />}
    </div>
  );
}

function StopButton({ stream }: { stream: Stream }) {
  const { t } = useTranslation();
  const names = audienceOf(stream).map(({ name }) => name);
  const consequences = [
    names.length === 0 ? t('stop.nobody') : t('stop.audience', { names: names.join(', ') }),
    ...(isRecorded(stream) ? [t('stop.recording')] : []),
  ];
  return (
    <ConfirmButton
      variant="default"
      size="lg"
      fullWidth
      leftSection={<IconPlayerStop size={20} />}
      question={t('stop.question', { name: stream.name })}
      consequence={consequences.join(' ')}
      confirm={t('stop.confirm')}
      action={() => call('stopStream', { params: { streamId: stream.id } })}
    >
      {t('stop.button')}
    </ConfirmButton>
  );
}

function StartButtons({ stream }: { stream: Stream }) {
  const { t } = useTranslation();
  const params = { streamId: stream.id };
  const start = useAction(() => call('startStream', { params }));
  return (
    <Stack gap="xs">
      <Button
        size="lg"
        fullWidth
        leftSection={<IconBroadcast size={20} />}
        loading={start.isRunning}
        disabled={!stream.outputs.some(isOn)}
        onClick={start.run}
      >
        {goLabel(t, { destinations: audienceOf(stream).length, isRecording: isRecorded(stream) })}
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

function isOn({ order }: OutputStatus): boolean {
  return order === 'on';
}

/** Outputs through which somebody else watches. */
function audienceOf({ outputs }: Stream): OutputStatus[] {
  return outputs.filter((output) => isOn(output) && hasAudience(output, false));
}

function isRecorded({ outputs }: Stream): boolean {
  return outputs.some((output) => isOn(output) && output.kind === 'file');
}
