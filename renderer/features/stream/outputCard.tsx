import { Anchor, Group, Switch, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { OutputStatus } from '../../../main/contract/streams.ts';
import { call } from '../../client/api.ts';
import { ConfirmButton } from '../../components/confirmButton.tsx';
import { StateMark } from '../../components/stateMark.tsx';
import { useAction } from '../../components/useAction.tsx';
import { OutputFigures } from './outputFigures.tsx';
import { OutputTrouble, TroubleActions } from './outputTrouble.tsx';

interface OutputCardProps {
  readonly streamId: string;
  readonly output: OutputStatus;
}

/** One output: its state in a word, then what it measures or what is wrong, then what the user may do. */
export function OutputCard({ streamId, output }: OutputCardProps) {
  const isTroubled = output.reason !== null && output.state !== 'live' && output.state !== 'off';
  const isSlow = output.state === 'live' && output.reason?.code === 'destination.too_slow';
  return (
    <section className="output" aria-label={output.name}>
      <Group justify="space-between" wrap="nowrap" gap="sm" mb={4}>
        <Text fw={600} truncate="end" title={output.name}>
          {output.name}
        </Text>
        <StateMark state={output.state} />
      </Group>
      <div className="outputText">
        {isTroubled ? <OutputTrouble output={output} /> : <OutputFigures output={output} />}
        {isSlow && <OutputTrouble output={output} />}
      </div>
      <Group justify="space-between" gap="xs" mt={8} mih={26}>
        <OrderSwitch streamId={streamId} output={output} />
        <Group gap="xs" wrap="nowrap">
          {isTroubled && <TroubleActions streamId={streamId} output={output} />}
          <PlaybackLink output={output} />
          <RemoveButton streamId={streamId} output={output} />
        </Group>
      </Group>
    </section>
  );
}

/** What the user wants, apart from what is. */
function OrderSwitch({ streamId, output }: OutputCardProps) {
  const { t } = useTranslation();
  const isOn = output.order === 'on';
  const toggle = useAction(() =>
    call('updateOutput', { params: { streamId, outputId: output.id }, body: { enabled: !isOn } }),
  );
  return (
    <Switch
      size="xs"
      checked={isOn}
      disabled={toggle.isRunning}
      aria-label={t('outputs.switch', { name: output.name })}
      label={t(isOn ? 'outputs.on' : 'outputs.off')}
      onChange={toggle.run}
    />
  );
}

function PlaybackLink({ output }: { output: OutputStatus }) {
  const { t } = useTranslation();
  if (output.playbackUrl === null || output.state !== 'live') return null;
  return (
    <Anchor size="sm" href={output.playbackUrl} target="_blank" rel="noreferrer">
      {t('outputs.address')}
    </Anchor>
  );
}

function RemoveButton({ streamId, output }: OutputCardProps) {
  const { t } = useTranslation();
  const { name } = output;
  return (
    <ConfirmButton
      variant="subtle"
      color="gray"
      size="compact-sm"
      aria-label={t('outputs.remove', { name })}
      question={t('outputs.removeQuestion', { name })}
      consequence={t(output.kind === 'file' ? 'outputs.removeRecording' : 'outputs.removeDestination')}
      confirm={t('outputs.removeConfirm')}
      action={() => call('deleteOutput', { params: { streamId, outputId: output.id } })}
    >
      <IconTrash size={14} />
    </ConfirmButton>
  );
}
