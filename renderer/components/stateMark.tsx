import { Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { OutputState, StreamState } from '../../main/contract/streams.ts';

type AnyState = OutputState | StreamState;

/** Shape and word tell the state; colour only supports them. */
const SHAPES: Record<AnyState, string> = {
  live: '●',
  slate: '◧',
  starting: '◐',
  connecting: '◐',
  stopping: '◐',
  retrying: '↻',
  paused: '‖',
  failed: '▲',
  off: '○',
  stopped: '○',
};

const COLOURS: Record<AnyState, string> = {
  live: 'var(--mantine-color-teal-text)',
  slate: 'var(--mantine-color-yellow-text)',
  starting: 'var(--mantine-color-tide-text)',
  connecting: 'var(--mantine-color-tide-text)',
  stopping: 'var(--mantine-color-dimmed)',
  retrying: 'var(--mantine-color-yellow-text)',
  paused: 'var(--mantine-color-yellow-text)',
  failed: 'var(--mantine-color-orange-text)',
  off: 'var(--mantine-color-dimmed)',
  stopped: 'var(--mantine-color-dimmed)',
};

export function StateMark({ state }: { state: AnyState }) {
  const { t } = useTranslation();
  return (
    <Group gap={6} wrap="nowrap" c={COLOURS[state]}>
      <Text span aria-hidden="true" size="sm">
        {SHAPES[state]}
      </Text>
      <Text span size="sm" fw={600}>
        {t(`state.${state}`)}
      </Text>
    </Group>
  );
}
