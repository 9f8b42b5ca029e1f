import { Button, Group, NumberInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Stream, StreamHealth } from '../../../main/contract/streams.ts';
import { call } from '../../client/api.ts';
import { useAction } from '../../components/useAction.tsx';
import { videoBitrateOf } from './streamFacts.ts';

/** A new bitrate is spliced in on a key frame; no destination reconnects. */
export function QualityControl({ stream, health }: { stream: Stream; health: StreamHealth }) {
  const { t } = useTranslation();
  const [wish, setWish] = useState<number | null>(null);
  const [applied, setApplied] = useState<number | null>(null);
  const current = applied ?? videoBitrateOf(stream.config) ?? Math.round(health.targetBitrateKbps);
  const isChanged = wish !== null && wish !== current;
  const apply = useAction(async () => {
    if (wish === null) return;
    await call('updateStreamQuality', { params: { streamId: stream.id }, body: { bitrateKbps: wish } });
    setApplied(wish);
    setWish(null);
  });
  return (
    <Group
      component="form"
      align="end"
      gap="xs"
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged) apply.run();
      }}
    >
      <NumberInput
        label={t('quality.label')}
        w={184}
        value={wish ?? current}
        min={100}
        max={60_000}
        step={250}
        suffix=" kbit/s"
        thousandSeparator=" "
        onChange={(next) => setWish(typeof next === 'number' ? next : null)}
      />
      <Button type="submit" variant="default" disabled={!isChanged} loading={apply.isRunning}>
        {t('quality.apply')}
      </Button>
    </Group>
  );
}
