import { Button, Checkbox, CopyButton, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useStudio } from '../../client/studio.ts';
import { FilePicker } from './filePicker.tsx';
import { newIngestKey, type Source, sources, withSourceText } from './newStream.ts';
import type { PartProps } from './newStreamForm.tsx';

/** What is on air: its kind, and the one value that kind asks for. */
export function SourceFields(props: PartProps) {
  const { t } = useTranslation();
  const { form, change } = props;
  const choose = (source: Source): void =>
    change({ source, sourceValue: source === 'ingest' ? newIngestKey() : '' }, 'sourceValue');
  return (
    <Stack gap="sm">
      <Select
        label={t('form.source')}
        data={sources.map((value) => ({ value, label: t(`form.sources.${value}`) }))}
        value={form.source}
        allowDeselect={false}
        onChange={(source) => source !== null && choose(source)}
      />
      {form.source === 'ingest' && <IngestAddress sourceKey={form.sourceValue} />}
      {(form.source === 'file' || form.source === 'ingest' || form.source === 'pull') && (
        <SourceValue {...props} source={form.source} />
      )}
      {form.source === 'file' && (
        <Checkbox
          label={t('form.loop')}
          checked={form.isLooped}
          onChange={(event) => change({ isLooped: event.currentTarget.checked }, 'isLooped')}
        />
      )}
    </Stack>
  );
}

function SourceValue({ form, change, issues, source }: PartProps & { source: 'file' | 'ingest' | 'pull' }) {
  const { t } = useTranslation();
  return (
    <Group align="start" gap="xs" wrap="nowrap">
      <TextInput
        flex={1}
        label={t(`form.values.${source}`)}
        description={t(`form.valueHelp.${source}`)}
        inputWrapperOrder={['label', 'input', 'error', 'description']}
        value={form.sourceValue}
        autoComplete="off"
        spellCheck={false}
        data-field="sourceValue"
        error={issues.errorOf('sourceValue', t)}
        onBlur={() => issues.touch('sourceValue')}
        onChange={(event) => change(withSourceText(form, event.currentTarget.value), 'sourceValue')}
      />
      {source === 'file' && <FilePicker onPick={(path) => change({ sourceValue: path }, 'sourceValue')} />}
    </Group>
  );
}

/** What to type into OBS, the phone or the camera. The key is shown here for the last time before it is kept sealed. */
function IngestAddress({ sourceKey }: { sourceKey: string }) {
  const { t } = useTranslation();
  const ingestUrl = useStudio((state) => state.engine?.ingestUrl ?? null);
  if (ingestUrl === null) return <Text size="sm">{t('form.noIngest')}</Text>;
  return (
    <Stack gap={4}>
      <Text size="sm">{t('form.ingestHelp')}</Text>
      <Group gap="xs" wrap="nowrap">
        <Text size="sm" ff="monospace" className="wrap">
          {ingestUrl}
        </Text>
        <Copy label={t('form.copyAddress')} value={ingestUrl} />
        <Copy label={t('form.copyKey')} value={sourceKey} />
      </Group>
    </Stack>
  );
}

function Copy({ label, value }: { label: string; value: string }) {
  const { t } = useTranslation();
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button variant="default" size="compact-sm" onClick={copy} style={{ flexShrink: 0 }}>
          {copied ? t('form.copied') : label}
        </Button>
      )}
    </CopyButton>
  );
}
