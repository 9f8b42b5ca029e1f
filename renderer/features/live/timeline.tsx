import { Group, ScrollArea, Stack, Text, Title } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { TimelineEvent } from '../../../main/contract/streams.ts';
import { loadTimeline, useStudio } from '../../client/studio.ts';
import { formatTime } from '../../components/format.ts';
import { showProblem } from '../../components/useAction.ts';

const MARKS: Record<TimelineEvent['severity'], string> = { info: '·', warning: '▲', error: '■' };

export function Timeline({ streamId }: { streamId: string }) {
  const { t, i18n } = useTranslation();
  const events = useStudio().timeline.get(streamId) ?? [];
  useEffect(() => void loadTimeline(streamId).catch(showProblem), [streamId]);
  return (
    <Stack gap="xs" component="section" aria-label={t('live.whatHappened')}>
      <Title order={4} size="sm" c="dimmed">
        {t('live.whatHappened')}
      </Title>
      {events.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('live.nothingHappened')}
        </Text>
      )}
      <ScrollArea.Autosize mah={220} viewportProps={{ tabIndex: 0 }}>
        {[...events].reverse().map((event) => (
          <Group
            key={`${event.at}-${event.kind}-${event.outputId ?? ''}`}
            gap="xs"
            wrap="nowrap"
            align="start"
          >
            <Text size="sm" c="dimmed" style={{ fontVariantNumeric: 'tabular-nums', flexShrink: 0 }}>
              {formatTime(event.at, i18n.language)} {MARKS[event.severity]}
            </Text>
            <Text size="sm">{event.message}</Text>
          </Group>
        ))}
      </ScrollArea.Autosize>
    </Stack>
  );
}
