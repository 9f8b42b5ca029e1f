import {
  ActionIcon,
  Alert,
  Anchor,
  AppShell,
  Badge,
  Group,
  SegmentedControl,
  Text,
  Title,
  useMantineColorScheme,
} from '@mantine/core';
import { IconMoonStars, IconPlugConnectedX } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { followEngine, useStudio } from './client/studio.ts';
import { formatDuration } from './components/format.ts';
import { useNow } from './components/useNow.ts';
import { LiveScreen } from './features/live/liveScreen.tsx';
import { chooseLanguage, type Language } from './i18n/index.ts';

export function App() {
  const { t } = useTranslation();
  const studio = useStudio();
  useEffect(() => void followEngine(), []);
  return (
    <AppShell header={{ height: 52 }} padding="md">
      <AppShell.Header>
        <Header />
      </AppShell.Header>
      <AppShell.Main id="main">
        {studio.connection !== 'online' && (
          <Alert color="yellow" icon={<IconPlugConnectedX />} mb="md" role="status">
            {t(`connection.${studio.connection}`)}
          </Alert>
        )}
        <LiveScreen />
      </AppShell.Main>
    </AppShell>
  );
}

function Header() {
  const { t, i18n } = useTranslation();
  const { toggleColorScheme } = useMantineColorScheme();
  return (
    <Group h="100%" px="md" justify="space-between" wrap="nowrap">
      <Group gap="md" wrap="nowrap">
        <Title order={1} size="h4">
          {t('app.title')}
        </Title>
        <Anchor href="#main" className="skip" size="sm">
          {t('app.skip')}
        </Anchor>
      </Group>
      <Group gap="sm" wrap="nowrap">
        <OnAir />
        <SegmentedControl
          size="xs"
          aria-label={t('app.language')}
          value={i18n.language}
          data={[
            { value: 'en', label: 'EN' },
            { value: 'pl', label: 'PL' },
          ]}
          onChange={(language) => void chooseLanguage(language as Language)}
        />
        <ActionIcon variant="subtle" aria-label={t('app.theme')} onClick={toggleColorScheme}>
          <IconMoonStars size={18} />
        </ActionIcon>
      </Group>
    </Group>
  );
}

/** Red is used here and nowhere else. */
function OnAir() {
  const { t } = useTranslation();
  const now = useNow();
  const live = useStudio().streams.filter((stream) => stream.order === 'live' && stream.startedAt !== null);
  if (live.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        ○ {t('app.offAir')}
      </Text>
    );
  }
  const since = Math.min(...live.map((stream) => stream.startedAt ?? now));
  return (
    <Badge color="red" variant="filled" size="lg" radius="sm" style={{ fontVariantNumeric: 'tabular-nums' }}>
      ● {t('app.onAir')} {formatDuration(now - since)}
    </Badge>
  );
}
