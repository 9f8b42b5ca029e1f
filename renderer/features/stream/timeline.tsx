import { Box, ScrollArea, Text, Title } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Stream, TimelineEvent } from '../../../main/contract/streams.ts';
import { loadTimeline, useStudio } from '../../client/studio.ts';
import { formatTime } from '../../components/format.ts';
import { describeEvent } from './timelineText.ts';

const NO_EVENTS: readonly TimelineEvent[] = [];
const MARKS: Record<TimelineEvent['severity'], readonly [shape: string, colour: string]> = {
  info: ['·', 'var(--state-off)'],
  warning: ['▲', 'var(--state-trouble)'],
  error: ['■', 'var(--state-failed)'],
};

/** What happened, newest first. */
export function Timeline({ stream }: { stream: Stream }) {
  const { t } = useTranslation();
  const events = useStudio((state) => state.timelines.get(stream.id) ?? NO_EVENTS);
  const isOnline = useStudio((state) => state.connection === 'online');
  useEffect(() => {
    // Without it the list begins with what happens from now on.
    if (isOnline) loadTimeline(stream.id).catch(() => undefined);
  }, [stream.id, isOnline]);
  return (
    <Box component="section" className="log" aria-label={t('timeline.title')}>
      <Title order={3} size="sm" c="dimmed" mb="xs">
        {t('timeline.title')}
      </Title>
      {events.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t('timeline.empty')}
        </Text>
      ) : (
        <ScrollArea.Autosize mah={260} viewportProps={{ tabIndex: 0, 'aria-label': t('timeline.title') }}>
          <ol className="timeline">
            {events.map((event) => (
              <EventLine key={event.id} event={event} stream={stream} />
            ))}
          </ol>
        </ScrollArea.Autosize>
      )}
    </Box>
  );
}

function EventLine({ event, stream }: { event: TimelineEvent; stream: Stream }) {
  const { t, i18n } = useTranslation();
  const [shape, colour] = MARKS[event.severity];
  return (
    <li>
      <Text
        component="time"
        size="sm"
        c="dimmed"
        className="figures"
        dateTime={new Date(event.at).toISOString()}
      >
        {formatTime(event.at, i18n.language)}
      </Text>
      <Text span size="sm" c={colour} aria-hidden="true">
        {shape}
      </Text>
      <Text span size="sm" className="wrap">
        {describeEvent(t, event, stream.outputs)}
      </Text>
    </li>
  );
}
