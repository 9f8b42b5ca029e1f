import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconScissors } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Stream } from '../../../main/contract/streams.ts';
import { call } from '../../client/api.ts';
import { fileName, formatNumber } from '../../components/format.ts';
import { useAction } from '../../components/useAction.tsx';
import { replaySecondsOf } from './streamFacts.ts';

/** Saves what was on air a moment ago. */
export function ClipButton({ stream }: { stream: Stream }) {
  const { t, i18n } = useTranslation();
  const seconds = replaySecondsOf(stream.config);
  const save = useAction(async () => {
    const clip = await call('createClip', { params: { streamId: stream.id }, body: { seconds } });
    notifications.show({
      color: 'var(--state-live)',
      title: t('clip.saved', { seconds: formatNumber(clip.durationSeconds, i18n.language, 1) }),
      message: fileName(clip.path),
      autoClose: 8000,
      closeButtonProps: { 'aria-label': t('app.close') },
    });
  });
  if (seconds === 0) return null;
  return (
    <Button
      variant="default"
      leftSection={<IconScissors size={16} />}
      loading={save.isRunning}
      onClick={save.run}
    >
      {t('clip.button', { seconds })}
    </Button>
  );
}
