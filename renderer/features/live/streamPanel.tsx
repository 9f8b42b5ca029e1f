import { Button, Grid, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { IconPlayerPlay, IconPlayerStop, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Stream } from '../../../main/contract/streams.ts';
import { call } from '../../client/api.ts';
import { useStudio } from '../../client/studio.ts';
import { StateMark } from '../../components/stateMark.tsx';
import { useAction } from '../../components/useAction.ts';
import { HealthStrip } from './healthStrip.tsx';
import { OutputList } from './outputList.tsx';
import { Preview } from './preview.tsx';
import { QualityControl } from './qualityControl.tsx';
import { Timeline } from './timeline.tsx';

export function StreamPanel({ stream }: { stream: Stream }) {
  const health = useStudio().health.get(stream.id);
  const isOn = stream.order === 'live';
  return (
    <Paper p="md" withBorder component="section" aria-label={stream.name}>
      <Stack gap="md">
        <Group justify="space-between">
          <Group gap="md">
            <Title order={3} size="h5">
              {stream.name}
            </Title>
            <StateMark state={stream.state} />
            {stream.reason && (
              <Text size="sm" c="dimmed">
                {stream.reason.detail ?? stream.reason.title} {stream.reason.hint}
              </Text>
            )}
          </Group>
          <StreamButtons stream={stream} />
        </Group>
        {isOn && (
          <Grid gap="md">
            <Grid.Col span={{ base: 12, md: 7 }}>
              <Stack gap="sm">
                <Preview stream={stream} />
                {health && <HealthStrip health={health} />}
              </Stack>
            </Grid.Col>
            <Grid.Col span={{ base: 12, md: 5 }}>
              <Stack gap="md">
                <OutputList stream={stream} />
                {health && <QualityControl streamId={stream.id} targetKbps={health.targetBitrateKbps} />}
                <Timeline streamId={stream.id} />
              </Stack>
            </Grid.Col>
          </Grid>
        )}
        {!isOn && <Notices notices={stream.notices} />}
      </Stack>
    </Paper>
  );
}

function StreamButtons({ stream }: { stream: Stream }) {
  const { t } = useTranslation();
  const start = useAction(() => call('POST', `/streams/${stream.id}/start`));
  const stop = useAction(() => call('POST', `/streams/${stream.id}/stop`));
  const remove = useAction(() => call('DELETE', `/streams/${stream.id}`));
  if (stream.order === 'live') {
    return (
      <Button
        color="orange"
        variant="light"
        leftSection={<IconPlayerStop size={16} />}
        loading={stop.isRunning}
        onClick={() => window.confirm(t('streams.stopConfirm')) && stop.run()}
      >
        {t('streams.stop')}
      </Button>
    );
  }
  return (
    <Group gap="xs">
      <Button
        variant="subtle"
        color="gray"
        leftSection={<IconTrash size={16} />}
        loading={remove.isRunning}
        onClick={remove.run}
      >
        {t('streams.delete')}
      </Button>
      <Button leftSection={<IconPlayerPlay size={16} />} loading={start.isRunning} onClick={start.run}>
        {t('streams.startTo', { count: stream.outputs.filter((output) => output.order === 'on').length })}
      </Button>
    </Group>
  );
}

function Notices({ notices }: { notices: readonly string[] }) {
  return notices.map((notice) => (
    <Text key={notice} size="sm" c="dimmed">
      {notice}
    </Text>
  ));
}
