import { Button, Group, PasswordInput, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OutputStatus } from '../../../main/contract/streams.ts';
import { call } from '../../client/api.ts';
import { Dialog } from '../../components/dialog.tsx';
import { secondsUntil } from '../../components/format.ts';
import { describeProblem } from '../../components/problemText.ts';
import { useAction } from '../../components/useAction.tsx';
import { useNow } from '../../components/useNow.ts';

/** Refusals that a new stream key can cure. */
const KEY_TROUBLE = [
  'destination.auth_rejected',
  'destination.publish_unanswered',
  'destination.publish_rejected',
];

/** What is so and why, what we do about it, what the user may do. */
export function OutputTrouble({ output }: { output: OutputStatus }) {
  const { t } = useTranslation();
  if (!output.reason) return null;
  const { title, hint, detail } = describeProblem(t, output.reason);
  return (
    <Text size="sm" title={detail ?? undefined}>
      <span role="status">
        {title}. {hint}
      </span>{' '}
      <NextTry output={output} />
    </Text>
  );
}

function NextTry({ output }: { output: OutputStatus }) {
  const { t } = useTranslation();
  const now = useNow();
  if (output.retryAt === null || output.state !== 'retrying') return null;
  const seconds = secondsUntil(output.retryAt, now);
  return (
    <Text span inherit c="var(--state-trouble)" className="figures">
      {seconds === 0 ? t('outputs.tryingNow') : t('outputs.nextTry', { seconds })}
    </Text>
  );
}

export function TroubleActions({ streamId, output }: { streamId: string; output: OutputStatus }) {
  const { t } = useTranslation();
  const params = { streamId, outputId: output.id };
  const retry = useAction(() => call('retryOutput', { params }));
  const isKeyTrouble = KEY_TROUBLE.includes(output.reason?.code ?? '');
  return (
    <>
      {isKeyTrouble && <NewKey streamId={streamId} output={output} />}
      <Button size="compact-sm" variant="light" loading={retry.isRunning} onClick={retry.run}>
        {t('outputs.retryNow')}
      </Button>
    </>
  );
}

function NewKey({ streamId, output }: { streamId: string; output: OutputStatus }) {
  const { t } = useTranslation();
  const [isOpen, dialog] = useDisclosure(false);
  const [key, setKey] = useState('');
  const save = useAction(async () => {
    await call('updateOutput', { params: { streamId, outputId: output.id }, body: { key } });
    // Refused when the new key has set it going already.
    await call('retryOutput', { params: { streamId, outputId: output.id } }).catch(() => undefined);
    setKey('');
    dialog.close();
  });
  return (
    <>
      <Button size="compact-sm" variant="light" onClick={dialog.open}>
        {t('key.new')}
      </Button>
      <Dialog title={t('key.title', { name: output.name })} isOpen={isOpen} onClose={dialog.close}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (key.trim() !== '') save.run();
          }}
        >
          <PasswordInput
            label={t('form.key')}
            description={t('form.keyHelp')}
            inputWrapperOrder={['label', 'input', 'error', 'description']}
            autoComplete="new-password"
            data-autofocus
            value={key}
            visibilityToggleButtonProps={{ 'aria-label': t('form.showKey') }}
            onChange={(event) => setKey(event.currentTarget.value)}
          />
          <Group justify="end" mt="lg">
            <Button type="submit" disabled={key.trim() === ''} loading={save.isRunning}>
              {t('key.save')}
            </Button>
          </Group>
        </form>
      </Dialog>
    </>
  );
}
