import { Box, Button, Group, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Stream } from '../../../main/contract/streams.ts';
import { hashOf } from '../../client/place.ts';
import { useStudio } from '../../client/studio.ts';
import { StateMark } from '../../components/stateMark.tsx';

/** @param current id of the stream that is shown; null while a new one is made */
export function StreamList({ current }: { current: string | null }) {
  const { t } = useTranslation();
  const streams = useStudio((state) => state.streams);
  return (
    <nav aria-label={t('streams.title')}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="sm" c="dimmed">
          {t('streams.title')}
        </Title>
        <Button
          component="a"
          href={hashOf({ kind: 'new' })}
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={14} />}
          aria-current={current === null ? 'page' : undefined}
        >
          {t('streams.new')}
        </Button>
      </Group>
      <ul className="streamList">
        {streams.map((stream) => (
          <li key={stream.id}>
            <StreamLink stream={stream} isCurrent={stream.id === current} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function StreamLink({ stream, isCurrent }: { stream: Stream; isCurrent: boolean }) {
  return (
    <a
      className="streamLink"
      href={hashOf({ kind: 'stream', streamId: stream.id })}
      aria-current={isCurrent ? 'page' : undefined}
    >
      <Box miw={0}>
        <Text truncate="end" fw={500} title={stream.name}>
          {stream.name}
        </Text>
        <StateMark state={stream.state} />
      </Box>
    </a>
  );
}
