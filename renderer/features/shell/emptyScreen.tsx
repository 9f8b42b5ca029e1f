import { Button, Group, List, Stack, Text, Title } from '@mantine/core';
import { IconBroadcast } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { call } from '../../client/api.ts';
import { hashOf } from '../../client/place.ts';
import { goTo } from '../../client/usePlace.ts';
import { useAction } from '../../components/useAction.tsx';
import { emptyStream, toConfig } from '../newStream/newStream.ts';

/** Nothing is here yet: says how to begin, and offers a first step that nobody else sees. */
export function EmptyScreen() {
  const { t } = useTranslation();
  const tryOut = useAction(async () => {
    const names = {
      name: t('form.tryName'),
      preview: t('form.previewName'),
      recording: t('form.recordName'),
    };
    const stream = await call('createStream', {
      body: toConfig({ ...emptyStream, name: names.name }, [], names),
    });
    goTo({ kind: 'stream', streamId: stream.id });
  });
  return (
    <Stack maw={520} mx="auto" mt={64} gap="md">
      <IconBroadcast size={40} stroke={1.2} aria-hidden="true" color="var(--mantine-primary-color-filled)" />
      <Title order={2} size="h3">
        {t('empty.title')}
      </Title>
      <List type="ordered" spacing={6}>
        <List.Item>{t('empty.source')}</List.Item>
        <List.Item>{t('empty.destinations')}</List.Item>
        <List.Item>{t('empty.start')}</List.Item>
      </List>
      <Text c="dimmed">{t('empty.once')}</Text>
      <Group gap="sm" mt="xs">
        <Button component="a" href={hashOf({ kind: 'new' })} size="md">
          {t('empty.new')}
        </Button>
        <Button variant="default" size="md" loading={tryOut.isRunning} onClick={tryOut.run}>
          {t('empty.try')}
        </Button>
      </Group>
    </Stack>
  );
}
