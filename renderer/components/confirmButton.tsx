import { Button, type ButtonProps, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from './dialog.tsx';
import { useAction } from './useAction.tsx';

interface ConfirmButtonProps extends ButtonProps {
  /** What is asked, as a question. */
  readonly question: string;
  /** What will be lost and what is kept. */
  readonly consequence: string;
  /** The word on the button that does it. */
  readonly confirm: string;
  readonly action: () => Promise<unknown>;
  readonly children: ReactNode;
  readonly 'aria-label'?: string;
}

/** A button that names what will be lost before it does what cannot be undone. The safe answer has the focus. */
export function ConfirmButton({ question, consequence, confirm, action, ...button }: ConfirmButtonProps) {
  const { t } = useTranslation();
  const [isOpen, dialog] = useDisclosure(false);
  const act = useAction(async () => {
    await action();
    dialog.close();
  });
  return (
    <>
      <Button {...button} onClick={dialog.open} />
      <Dialog title={question} isOpen={isOpen} onClose={dialog.close}>
        <Text mb="lg">{consequence}</Text>
        <Group justify="end">
          <Button variant="default" onClick={dialog.close} data-autofocus>
            {t('app.cancel')}
          </Button>
          <Button loading={act.isRunning} onClick={act.run}>
            {confirm}
          </Button>
        </Group>
      </Dialog>
    </>
  );
}
