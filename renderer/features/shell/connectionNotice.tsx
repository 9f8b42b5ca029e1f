import { Affix, Paper, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Connection } from '../../client/studioState.ts';

/** Lies over the page instead of pushing it down: what one was about to click stays where it is. */
export function ConnectionNotice({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const isShown = connection === 'offline' || connection === 'connecting';
  return (
    <Affix position={{ bottom: 16, left: 16 }} role="status" maw="calc(100vw - 32px)">
      {isShown && (
        <Paper shadow="md" className="notice" maw={460}>
          <Text size="sm">{t(`connection.${connection}`)}</Text>
        </Paper>
      )}
    </Affix>
  );
}
