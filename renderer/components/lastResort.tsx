import { Button, Stack, Text, Title } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

/** Stands in for the whole page when a mistake in it would leave it empty. The broadcast is the engine's and goes on. */
export class LastResort extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    return this.state.hasFailed ? <Apology /> : this.props.children;
  }
}

function Apology() {
  const { t } = useTranslation();
  return (
    <Stack component="main" maw={440} mx="auto" mt={96} align="start" role="alert">
      <Title order={1} size="h4">
        {t('app.bug')}
      </Title>
      <Text>{t('app.bugHint')}</Text>
      <Button onClick={() => location.reload()}>{t('app.reload')}</Button>
    </Stack>
  );
}
