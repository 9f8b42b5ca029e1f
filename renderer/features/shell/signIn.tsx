import { Button, Code, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem } from '../../client/api.ts';
import { signIn } from '../../client/studio.ts';
import { describeProblem } from '../../components/problemText.ts';

/** Shown when the engine does not know this browser. */
export function SignIn() {
  const { t } = useTranslation();
  const [token, setToken] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [isRunning, setRunning] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setRunning(true);
    setError(null);
    signIn(token)
      .catch(setError)
      .finally(() => setRunning(false));
  };
  return (
    <Stack component="form" onSubmit={submit} maw={440} mx="auto" mt="xl" gap="md">
      <Title order={2} size="h4">
        {t('signIn.title')}
      </Title>
      <Text>
        {t('signIn.link')} <Code>streamware open</Code>
      </Text>
      <PasswordInput
        label={t('signIn.token')}
        description={t('signIn.tokenHelp')}
        inputWrapperOrder={['label', 'input', 'error', 'description']}
        autoComplete="off"
        required
        value={token}
        error={error === null ? undefined : signInError(error)}
        onChange={(event) => setToken(event.currentTarget.value)}
      />
      <Button type="submit" loading={isRunning} style={{ alignSelf: 'start' }}>
        {t('signIn.submit')}
      </Button>
    </Stack>
  );

  function signInError(thrown: unknown): string {
    if (!(thrown instanceof ApiProblem)) return String(thrown);
    const { title, hint } = describeProblem(t, thrown.problem);
    return `${title}. ${hint}`;
  }
}
