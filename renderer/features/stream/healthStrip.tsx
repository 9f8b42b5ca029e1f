import { Box, Stack, Text } from '@mantine/core';
import type { TFunction } from 'i18next';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { StreamHealth } from '../../../main/contract/streams.ts';
import { loadBitrates, useStudio } from '../../client/studio.ts';
import type { BitratePoint } from '../../client/studioState.ts';
import { Figure } from '../../components/figure.tsx';
import { formatMegabits, formatNumber } from '../../components/format.ts';
import { Sparkline } from '../../components/sparkline.tsx';

const NO_POINTS: readonly BitratePoint[] = [];
const NOTHING = '–';

interface HealthStripProps {
  readonly streamId: string;
  readonly health: StreamHealth | undefined;
  readonly isOn: boolean;
}

/** What the stream measures right now. Its places stay where they are when there is nothing to show. */
export function HealthStrip({ streamId, health, isOn }: HealthStripProps) {
  const { t, i18n } = useTranslation();
  const points = useStudio((state) => state.bitrates.get(streamId) ?? NO_POINTS);
  useEffect(() => {
    // The line then begins with what is measured from now on.
    if (isOn) loadBitrates(streamId).catch(() => undefined);
  }, [streamId, isOn]);
  return (
    <Stack gap="xs">
      <dl className="streamFigures">
        {figuresOf(health, t, i18n.language).map((figure) => (
          <Figure key={figure.label} {...figure} />
        ))}
      </dl>
      <Box h={56} pos="relative">
        {isOn && (
          <Sparkline
            points={points}
            label={t('health.chart', { kbps: Math.round(health?.bitrateKbps ?? 0) })}
          />
        )}
      </Box>
      {isOn && (
        <Text
          size="sm"
          role="status"
          c={health && health.sourceState !== 'ok' ? 'var(--state-trouble)' : 'dimmed'}
        >
          {t(`source.${health?.sourceState ?? 'connecting'}`)}
        </Text>
      )}
    </Stack>
  );
}

interface FigureText {
  label: string;
  value: string;
  unit?: string;
}

function figuresOf(health: StreamHealth | undefined, t: TFunction, language: string): FigureText[] {
  const number = (value: number | null | undefined, digits = 0): string =>
    value === null || value === undefined ? NOTHING : formatNumber(value, language, digits);
  const figures: FigureText[] = [
    {
      label: t('health.bitrate'),
      value: health ? formatMegabits(health.bitrateKbps, language) : NOTHING,
      unit: 'Mb/s',
    },
    { label: t('health.fps'), value: number(health?.fps, 1), unit: 'fps' },
    { label: t('health.dropped'), value: number(health?.droppedFrames) },
    { label: t('health.av'), value: signed(health?.avOffsetMs, language), unit: 'ms' },
    { label: t('health.speed'), value: number(health?.speed, 2), unit: '×' },
    { label: t('health.encoder'), value: health?.encoder ?? NOTHING },
  ];
  return health && health.slateSeconds > 0
    ? [...figures, { label: t('health.slate'), value: number(health.slateSeconds), unit: 's' }]
    : figures;
}

function signed(value: number | null | undefined, language: string): string {
  if (value === null || value === undefined) return NOTHING;
  return new Intl.NumberFormat(language, { signDisplay: 'exceptZero', maximumFractionDigits: 0 }).format(
    value,
  );
}
