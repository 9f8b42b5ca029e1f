import { Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { OutputStatus } from '../../../main/contract/streams.ts';
import { fileName, formatBitrate, formatBytes, formatNumber } from '../../components/format.ts';

/** What an output measures; when it is off, where it would go. */
export function OutputFigures({ output }: { output: OutputStatus }) {
  const { t, i18n } = useTranslation();
  const { language } = i18n;
  const isLive = output.state === 'live';
  const file = output.files.at(-1);
  const rest = [
    t('outputs.sent', { bytes: formatBytes(output.bytesSent, language) }),
    t('outputs.reconnects', { count: output.reconnects }),
    ...(output.rttMs === null ? [] : [`${formatNumber(output.rttMs, language)} ms`]),
  ];
  return (
    <>
      {isLive && (
        <Group gap="md" wrap="nowrap" className="figures">
          <Text size="sm" fw={600}>
            {formatBitrate(output.bitrateKbps, language)}
          </Text>
          <Text size="sm" fw={600}>
            {formatNumber(output.fps, language)} fps
          </Text>
          <Text
            size="sm"
            fw={output.droppedFrames > 0 ? 600 : 400}
            c={output.droppedFrames > 0 ? 'var(--state-trouble)' : undefined}
          >
            {t('outputs.dropped', { count: output.droppedFrames })}
          </Text>
        </Group>
      )}
      <Text size="sm" c="dimmed" truncate="end" title={file ?? output.target}>
        {file === undefined ? placeOf(output) : fileName(file)}
      </Text>
      {isLive && (
        <Text size="sm" c="dimmed" className="figures">
          {rest.join(' · ')}
        </Text>
      )}
    </>
  );
}

/** An output without a name of its own is called by its address; that need not be said twice. */
function placeOf({ name, target, kind }: OutputStatus): string {
  return name === target ? kind.toUpperCase() : target;
}
