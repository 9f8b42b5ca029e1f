import { Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { StreamHealth } from '../../../main/contract/streams.ts';
import { useStudio } from '../../client/studio.ts';
import { Figure } from '../../components/figure.tsx';
import { formatBitrate } from '../../components/format.ts';
import { Sparkline } from '../../components/sparkline.tsx';

export function HealthStrip({ health }: { health: StreamHealth }) {
  const { t, i18n } = useTranslation();
  const history = useStudio().bitrateHistory.get(health.streamId) ?? [];
  return (
    <Stack gap="xs">
      <Sparkline values={history} label={t('live.bitrateChart', { kbps: Math.round(health.bitrateKbps) })} />
      <Group gap="lg">
        <Figure label={t('health.bitrate')} value={formatBitrate(health.bitrateKbps, i18n.language)} />
        <Figure label={t('health.fps')} value={`${health.fps.toFixed(1)} / ${health.targetFps} fps`} />
        <Figure label={t('health.dropped')} value={String(health.droppedFrames)} />
        {health.avOffsetMs !== null && (
          <Figure label={t('health.av')} value={`${signed(health.avOffsetMs)} ms`} />
        )}
        {health.encoder && <Figure label={t('health.encoder')} value={health.encoder} />}
        {health.speed !== null && <Figure label={t('health.speed')} value={`${health.speed.toFixed(2)}×`} />}
        {health.slateSeconds > 0 && (
          <Figure label={t('health.slate')} value={`${Math.round(health.slateSeconds)} s`} />
        )}
      </Group>
      <Text size="sm" c="dimmed" role="status">
        {t(`source.${health.sourceState}`)}
      </Text>
    </Stack>
  );
}

function signed(value: number): string {
  const rounded = Math.round(value);
  return rounded > 0 ? `+${rounded}` : String(rounded);
}
