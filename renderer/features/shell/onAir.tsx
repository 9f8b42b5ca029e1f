import { Badge, Group, Text } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { type AirState, airState } from '../../client/airState.ts';
import { useStudio } from '../../client/studio.ts';
import { formatDuration } from '../../components/format.ts';
import { useNow } from '../../components/useNow.ts';

/** Whether the audience sees anything. Red is used here and nowhere else. */
export function OnAir() {
  const { t } = useTranslation();
  const streams = useStudio((state) => state.streams);
  const isHlsOpen = useStudio((state) => typeof state.engine?.mediaUrl === 'string');
  const isOnline = useStudio((state) => state.connection === 'online');
  const state = airState(streams, isHlsOpen);
  const word = isOnline ? t(`air.${state.kind}`) : t('air.unknown');
  const isOnAir = isOnline && state.kind === 'onAir';
  useEffect(() => {
    document.title = isOnAir ? `● ${word} – streamware` : 'streamware';
  }, [isOnAir, word]);
  if (isOnAir) {
    return (
      <Badge variant="filled" color="var(--on-air)" c="white" size="lg" radius="sm" className="figures">
        ● {word} <Clock state={state} />
      </Badge>
    );
  }
  const [mark, colour] = isOnline ? QUIET[state.kind === 'onAir' ? 'off' : state.kind] : UNKNOWN;
  return (
    <Group gap={6} wrap="nowrap" c={colour} className="figures">
      <Text span size="sm" aria-hidden="true">
        {mark}
      </Text>
      <Text span size="sm">
        {word} {isOnline && <Clock state={state} />}
      </Text>
    </Group>
  );
}

const QUIET = {
  connecting: ['◐', 'var(--state-trouble)'],
  running: ['●', 'var(--state-live)'],
  off: ['○', 'dimmed'],
} as const;
const UNKNOWN = ['?', 'var(--state-trouble)'] as const;

function Clock({ state }: { state: AirState }) {
  const now = useNow();
  return state.kind === 'off' ? null : <span>{formatDuration(now - state.sinceMs)}</span>;
}
