import { Button, Group, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Stream } from '../../../main/contract/streams.ts';
import { AddOutput } from './addOutput.tsx';
import { OutputCard } from './outputCard.tsx';

export function OutputList({ stream }: { stream: Stream }) {
  const { t } = useTranslation();
  const [isAdding, dialog] = useDisclosure(false);
  return (
    <div className="outputs">
      <Group justify="space-between" mb="xs" mih={28}>
        <Title order={3} size="sm" c="dimmed">
          {t('outputs.title')}
        </Title>
        <Button variant="subtle" size="compact-sm" leftSection={<IconPlus size={14} />} onClick={dialog.open}>
          {t('outputs.add')}
        </Button>
      </Group>
      {stream.outputs.map((output) => (
        <OutputCard key={output.id} streamId={stream.id} output={output} />
      ))}
      <AddOutput streamId={stream.id} isOpen={isAdding} onClose={dialog.close} />
    </div>
  );
}
