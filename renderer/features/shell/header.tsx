import {
  ActionIcon,
  Anchor,
  Group,
  SegmentedControl,
  Title,
  useComputedColorScheme,
  useMantineColorScheme,
  VisuallyHidden,
} from '@mantine/core';
import { IconMoonStars, IconSun } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { chooseLanguage, type Language, languages } from '../../i18n/index.ts';
import { OnAir } from './onAir.tsx';

export function Header() {
  const { t } = useTranslation();
  return (
    <Group h="100%" justify="space-between" wrap="nowrap" gap="sm">
      <Group gap="sm" wrap="nowrap">
        <img src="./favicon.svg" alt="" width={28} height={28} />
        <Title order={1} size="md" visibleFrom="sm">
          {t('app.title')}
        </Title>
        <Anchor href="#main" className="skip" size="sm" onClick={skipToMain}>
          {t('app.skip')}
        </Anchor>
      </Group>
      <Group gap="sm" wrap="nowrap">
        <OnAir />
        <LanguageChoice />
        <ThemeSwitch />
      </Group>
    </Group>
  );
}

/** The place behind the `#` says which screen is open; skipping must not change it. */
function skipToMain(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function LanguageChoice() {
  const { t, i18n } = useTranslation();
  return (
    <SegmentedControl
      size="xs"
      aria-label={t('app.language')}
      value={i18n.language}
      data={languages.map((language) => ({ value: language, label: <LanguageName language={language} /> }))}
      onChange={(language) => void chooseLanguage(language as Language)}
    />
  );
}

function LanguageName({ language }: { language: Language }) {
  const names = { en: 'English', pl: 'Polski' };
  return (
    <>
      <span aria-hidden="true">{language.toUpperCase()}</span>
      <VisuallyHidden lang={language}>{names[language]}</VisuallyHidden>
    </>
  );
}

function ThemeSwitch() {
  const { t } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme('dark') === 'dark';
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={t(isDark ? 'app.toLight' : 'app.toDark')}
      onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
    >
      {isDark ? <IconSun size={18} /> : <IconMoonStars size={18} />}
    </ActionIcon>
  );
}
