import { ActionIcon, Button, Group, Stack, Text } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { DestinationFields } from '../destinations/destinationFields.tsx';
import { type DestinationDraft, emptyDraft } from '../destinations/draft.ts';
import type { PartProps } from './newStreamForm.tsx';

/** Where it goes. None is fine too: then only this computer sees it. */
export function DestinationList({ form, change, issues }: PartProps) {
  const { t } = useTranslation();
  const { destinations } = form;
  const setAll = (next: readonly DestinationDraft[]): void => change({ destinations: next }, 'destinations');
  const replace = (draft: DestinationDraft): void =>
    setAll(destinations.map((known) => (known.id === draft.id ? draft : known)));
  const nextId = Math.max(0, ...destinations.map(({ id }) => id)) + 1;
  return (
    <Stack gap="md" component="fieldset" className="fields">
      <Text component="legend" fw={600}>
        {t('form.destinations')}
      </Text>
      <Text size="sm" c="dimmed">
        {t('form.destinationsHelp')}
      </Text>
      {destinations.map((draft, index) => (
        <Group key={draft.id} align="start" wrap="nowrap" gap="xs">
          <DestinationFields
            draft={draft}
            onChange={replace}
            issues={issues}
            bitrateKbps={form.bitrateKbps}
          />
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
