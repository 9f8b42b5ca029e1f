import { Group, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Stream } from '../../../main/contract/streams.ts';
import { useStudio } from '../../client/studio.ts';
import { formatDuration } from '../../components/format.ts';
import { ProblemNote } from '../../components/problemNote.tsx';
import { StateMark } from '../../components/stateMark.tsx';
import { useNow } from '../../components/useNow.ts';
import { ClipButton } from './clipButton.tsx';
import { HealthStrip } from './healthStrip.tsx';
import { MainButton } from './mainButton.tsx';
import { OutputList } from './outputList.tsx';
import { Preview } from './preview.tsx';
import { QualityControl } from './qualityControl.tsx';
import { Timeline } from './timeline.tsx';

/** One stream: what it looks like and measures in the middle, where it goes on the right. */
export function StreamScreen({ stream }: { stream: Stream }) {
  const { t } = useTranslation();
  const health = useStudio((state) => state.health.get(stream.id));
  const isOn = stream.order === 'live';
  return (
    <>
      <Stack component="section" aria-label={stream.name} gap="md" className="stage">
        <StreamHeading stream={stream} />
        {stream.reason && stream.state !== 'live' && <ProblemNote problem={stream.reason} />}
        <Preview stream={stream} />
        <HealthStrip streamId={stream.id} health={health} isOn={isOn} />
        {isOn && (
          <Group align="end" gap="lg">
            {health && <QualityControl stream={stream} health={health} />}
            <ClipButton stream={stream} />
          </Group>
        )}
      </Stack>
      <aside className="rail" aria-label={t('outputs.title')}>
        <OutputList stream={stream} />
        <MainButton stream={stream} />
      </aside>
      <Timeline stream={stream} />
    </>
  );
}

function StreamHeading({ stream }: { stream: Stream }) {
  return (
    <Group gap="sm" wrap="nowrap" mih={28}>
      <Title order={2} size="h4" style={{ minWidth: 0 }}>
        <Text span inherit truncate="end" display="block" title={stream.name}>
          {stream.name}
        </Text>
      </Title>
      <StateMark state={stream.state} />
      {stream.order === 'live' && stream.startedAt !== null && <RunningTime sinceMs={stream.startedAt} />}
    </Group>
  );
}

function RunningTime({ sinceMs }: { sinceMs: number }) {
  const now = useNow();
  return (
    <Text size="sm" c="dimmed" className="figures">
      {formatDuration(now - sinceMs)}
    </Text>
  );
}
