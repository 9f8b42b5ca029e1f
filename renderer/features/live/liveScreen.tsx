import { Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { IconBroadcast, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStudio } from '../../client/studio.ts';
import { NewStreamForm } from './newStreamForm.tsx';
import { StreamPanel } from './streamPanel.tsx';

export function LiveScreen() {
  const { t } = useTranslation();
  const { streams, connection } = useStudio();
  const [isAdding, setAdding] = useState(false);
  const close = (): void => setAdding(false);
  return (
    <Stack gap="md" maw={1400} mx="auto">
      <Group justify="space-between">
        <Title order={2} size="h5">
          {t('streams.title')}
        </Title>
        {!isAdding && (
          <Button
            leftSection={<IconPlus size={16} />}
            onClick={() => setAdding(true)}
            disabled={connection !== 'online'}
          >
            {t('streams.new')}
          </Button>
        )}
      </Group>
      {isAdding && <NewStreamForm onDone={close} />}
      {streams.length === 0 && !isAdding && connection === 'online' && <EmptyScreen />}
      {streams.map((stream) => (
        <StreamPanel key={stream.id} stream={stream} />
      ))}
    </Stack>
  );
}

function EmptyScreen() {
  const { t } = useTranslation();
  return (
    <Paper p="xl" withBorder>
      <Stack align="center" gap="xs">
        <IconBroadcast size={40} stroke={1.2} aria-hidden="true" />
        <Text fw={600}>{t('streams.empty')}</Text>
        <Text c="dimmed" ta="center" maw={480}>
          {t('streams.emptyHelp')}
        </Text>
      </Stack>
    </Paper>
  );
}
