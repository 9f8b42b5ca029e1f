import { Button, FileButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Desktop } from '../../client/desktop.ts';

/** In the desktop window a file can be picked; a browser does not tell where it lies. */
export function FilePicker({ onPick }: { onPick: (path: string) => void }) {
  const desktop: Desktop | undefined = window.streamwareDesktop;
  return desktop ? <PickButton desktop={desktop} onPick={onPick} /> : null;
}

function PickButton({ desktop, onPick }: { desktop: Desktop; onPick: (path: string) => void }) {
  const { t } = useTranslation();
  return (
    <FileButton
      accept="video/*,audio/*,.mkv,.flv,.ts"
      onChange={(file) => file && onPick(desktop.pathOf(file))}
    >
      {(props) => (
        <Button {...props} variant="default" mt={22}>
          {t('form.pickFile')}
        </Button>
      )}
    </FileButton>
  );
}
