import { Button, Group, NumberInput, Stack } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../client/api.ts';
import { useAction } from '../../components/useAction.ts';

/** A new bitrate is spliced in on a key frame; no destination reconnects. */
export function QualityControl({ streamId, targetKbps }: { streamId: string; targetKbps: number }) {
  const { t } = useTranslation();
  const [wish, setWish] = useState<number | null>(null);
  const apply = useAction(async () => {
    await call('PUT', `/streams/${streamId}/quality`, { bitrateKbps: wish });
    setWish(null);
  });
  const value = wish ?? targetKbps;
  return (
    <Stack gap={4}>
      <Group align="end" gap="xs">
        <NumberInput
          label={t('live.quality')}
          value={value}
          min={100}
          max={60_000}
          step={250}
          suffix=" kbit/s"
          onChange={(next) => setWish(typeof next === 'number' ? next : null)}
        />
        <Button
          variant="light"
          disabled={wish === null || wish === targetKbps}
          loading={apply.isRunning}
          onClick={apply.run}
        >
          {t('live.apply')}
        </Button>
      </Group>
    </Stack>
  );
}
