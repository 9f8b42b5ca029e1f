import { ActionIcon, Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { DestinationFields } from '../destinations/destinationFields.tsx';
import { type DestinationDraft, emptyDraft } from '../destinations/draft.ts';
import { pictureOf } from './newStream.ts';
import type { PartProps } from './newStreamForm.tsx';

/** Where it goes. None is fine too: then only this computer sees it. */
export function DestinationList({ form, change, issues }: PartProps) {
  const { t } = useTranslation();
  const { destinations, size, bitrateKbps } = form;
  const program = useMemo(() => pictureOf({ size, bitrateKbps }), [size, bitrateKbps]);
  const setAll = (next: readonly DestinationDraft[]): void => change({ destinations: next }, 'destinations');
  const replace = (draft: DestinationDraft): void =>
    setAll(destinations.map((known) => (known.id === draft.id ? draft : known)));
  const nextId = Math.max(0, ...destinations.map(({ id }) => id)) + 1;
  return (
    <Stack gap="md" role="group" aria-labelledby="new-stream-destinations">
      <div>
        <Title order={3} size="md" id="new-stream-destinations">
          {t('form.destinations')}
        </Title>
        <Text size="sm" c="dimmed">
          {t('form.destinationsHelp')}
        </Text>
      </div>
      {destinations.map((draft, index) => (
        <Group key={draft.id} align="start" wrap="nowrap" gap="xs">
          <DestinationFields draft={draft} onChange={replace} issues={issues} program={program} />
          <ActionIcon
            mt={28}
            variant="subtle"
            color="gray"
            aria-label={t('form.removeDestination', { number: index + 1 })}
            onClick={() => setAll(destinations.filter(({ id }) => id !== draft.id))}
          >
            <IconX size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Button
        variant="subtle"
        size="compact-sm"
        style={{ alignSelf: 'start' }}
        leftSection={<IconPlus size={14} />}
        onClick={() => setAll([...destinations, emptyDraft(nextId)])}
      >
        {t('form.addDestination')}
      </Button>
    </Stack>
  );
}
