import { ActionIcon, Anchor, Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { OutputStatus, Stream } from '../../../main/contract/streams.ts';
import { call } from '../../client/api.ts';
import { formatBitrate, formatBytes, formatRelative } from '../../components/format.ts';
import { StateMark } from '../../components/stateMark.tsx';
import { useAction } from '../../components/useAction.ts';
import { useNow } from '../../components/useNow.ts';

export function OutputList({ stream }: { stream: Stream }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs" component="section" aria-label={t('live.destinations')}>
      <Title order={4} size="sm" c="dimmed">
        {t('live.destinations')}
      </Title>
      {stream.outputs.map((output) => (
        <OutputCard key={output.id} streamId={stream.id} output={output} />
      ))}
    </Stack>
  );
}

function OutputCard({ streamId, output }: { streamId: string; output: OutputStatus }) {
  const { t } = useTranslation();
  const remove = useAction(() => call('DELETE', `/streams/${streamId}/outputs/${output.id}`));
  return (
    <Paper p="sm" withBorder>
      <Stack gap={4}>
        <Group justify="space-between" wrap="nowrap">
          <Text fw={600} truncate="end" title={output.target}>
            {output.name}
          </Text>
          <Group gap="xs" wrap="nowrap">
            <StateMark state={output.state} />
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={t('live.remove', { name: output.name })}
              onClick={remove.run}
            >
              <IconX size={14} />
            </ActionIcon>
          </Group>
        </Group>
        <OutputFigures output={output} />
        {output.reason && output.state !== 'live' && <OutputTrouble streamId={streamId} output={output} />}
      </Stack>
    </Paper>
  );
}

function OutputFigures({ output }: { output: OutputStatus }) {
  const { t, i18n } = useTranslation();
  const figures = [
    formatBitrate(output.bitrateKbps, i18n.language),
    `${Math.round(output.fps)} fps`,
    formatBytes(output.bytesSent, i18n.language),
    t('live.dropped', { count: output.droppedFrames }),
    t('live.reconnects', { count: output.reconnects }),
  ];
  return (
    <Group justify="space-between" wrap="nowrap">
      <Text size="sm" c="dimmed" style={{ fontVariantNumeric: 'tabular-nums' }}>
        {figures.join(' · ')}
      </Text>
      {output.playbackUrl && (
        <Anchor size="sm" href={output.playbackUrl} target="_blank" rel="noreferrer">
          HLS
        </Anchor>
      )}
    </Group>
  );
}

function OutputTrouble({ streamId, output }: { streamId: string; output: OutputStatus }) {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const retry = useAction(() => call('POST', `/streams/${streamId}/outputs/${output.id}/retry`));
  return (
    <Group justify="space-between" align="start" wrap="nowrap">
      <Text size="sm" role="status">
        {output.reason?.title}. {output.reason?.hint}{' '}
        {output.retryAt !== null &&
          t('live.nextTry', { time: formatRelative(output.retryAt, now, i18n.language) })}
      </Text>
      <Button
        size="compact-sm"
        variant="light"
        loading={retry.isRunning}
        onClick={retry.run}
        style={{ flexShrink: 0 }}
      >
        {t('live.retryNow')}
      </Button>
    </Group>
  );
}
