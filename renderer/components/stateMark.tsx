import { Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { OutputState, StreamState } from '../../main/contract/streams.ts';

type AnyState = OutputState | StreamState;

/** Shape and word tell the state; colour only supports them. */
const MARKS: Record<AnyState, readonly [shape: string, colour: string]> = {
  live: ['●', 'var(--state-live)'],
  slate: ['◧', 'var(--state-trouble)'],
  starting: ['◐', 'var(--state-busy)'],
  connecting: ['◐', 'var(--state-busy)'],
  stopping: ['◐', 'var(--state-off)'],
  retrying: ['↻', 'var(--state-trouble)'],
  paused: ['‖', 'var(--state-trouble)'],
  failed: ['▲', 'var(--state-failed)'],
  off: ['○', 'var(--state-off)'],
  stopped: ['○', 'var(--state-off)'],
};

export function StateMark({ state }: { state: AnyState }) {
  const { t } = useTranslation();
  const [shape, colour] = MARKS[state];
  return (
    <Group gap={6} wrap="nowrap" c={colour} style={{ flexShrink: 0 }}>
      <Text span aria-hidden="true" size="sm" w={12} ta="center">
        {shape}
      </Text>
      <Text span size="sm" fw={600}>
        {t(`state.${state}`)}
      </Text>
    </Group>
  );
}
