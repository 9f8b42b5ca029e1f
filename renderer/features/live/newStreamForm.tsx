import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  NumberInput,
  Paper,
  PasswordInput,
  Select,
  SimpleGrid,
  Stack,
  TextInput,
} from '@mantine/core';
import { IconBroadcast, IconPlus, IconX } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../client/api.ts';
import { useAction } from '../../components/useAction.ts';
import { emptyStream, type NewStream, toConfig } from './newStream.ts';

const SOURCES = ['test', 'file', 'screen', 'ingest', 'pull'] as const;
const SOURCE_LABELS = {
  test: 'sourceTest',
  file: 'sourceFile',
  screen: 'sourceScreen',
  ingest: 'sourceIngest',
  pull: 'sourcePull',
} as const;
const VALUE_LABELS = { file: 'filePath', ingest: 'ingestKey', pull: 'pullUrl' } as const;

export function NewStreamForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const [form, setForm] = useState<NewStream>(emptyStream);
  const change = (part: Partial<NewStream>): void => setForm((old) => ({ ...old, ...part }));
  const start = useAction(async () => {
    await call('POST', '/streams', toConfig(form));
    onDone();
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    start.run();
  };
  const count = toConfig(form).output.length;
  return (
    <Paper p="md" withBorder component="form" onSubmit={submit}>
      <Stack gap="md">
        <SourceFields form={form} change={change} />
        <DestinationFields form={form} change={change} />
        <Group gap="lg">
          <Checkbox
            label={t('form.preview')}
            checked={form.hasPreview}
            onChange={(event) => change({ hasPreview: event.currentTarget.checked })}
          />
          <Checkbox
            label={t('form.record')}
            checked={form.isRecording}
            onChange={(event) => change({ isRecording: event.currentTarget.checked })}
          />
        </Group>
        <Group justify="end">
          <Button variant="subtle" color="gray" onClick={onDone}>
            {t('form.cancel')}
          </Button>
          <Button
            type="submit"
            size="md"
            leftSection={<IconBroadcast size={18} />}
            loading={start.isRunning}
            disabled={count === 0}
          >
            {t('streams.startTo', { count })}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}

interface FieldsProps {
  form: NewStream;
  change: (part: Partial<NewStream>) => void;
}

function SourceFields({ form, change }: FieldsProps) {
  const { t } = useTranslation();
  const valueLabel =
    form.source in VALUE_LABELS ? VALUE_LABELS[form.source as keyof typeof VALUE_LABELS] : null;
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }}>
      <TextInput
        label={t('form.name')}
        placeholder={t('form.namePlaceholder')}
        value={form.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Select
        label={t('form.source')}
        data={SOURCES.map((value) => ({ value, label: t(`form.${SOURCE_LABELS[value]}`) }))}
        value={form.source}
        allowDeselect={false}
        onChange={(source) => change({ source: source as NewStream['source'], sourceValue: '' })}
      />
      {valueLabel && (
        <TextInput
          label={t(`form.${valueLabel}`)}
          value={form.sourceValue}
          required
          onChange={(event) => change({ sourceValue: event.currentTarget.value })}
        />
      )}
      <NumberInput
        label={t('form.bitrate')}
        description={t('form.bitrateHelp')}
        inputWrapperOrder={['label', 'input', 'description']}
        value={form.bitrateKbps}
        min={100}
        max={60_000}
        step={500}
        onChange={(value) => typeof value === 'number' && change({ bitrateKbps: value })}
      />
    </SimpleGrid>
  );
}

function DestinationFields({ form, change }: FieldsProps) {
  const { t } = useTranslation();
  const edit = (index: number, part: Partial<NewStream['destinations'][number]>): void =>
    change({
      destinations: form.destinations.map((one, position) =>
        position === index ? { ...one, ...part } : one,
      ),
    });
  return (
    <Stack gap="xs">
      {form.destinations.map((destination, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity of their own while they are typed
        <Group key={index} align="start" wrap="nowrap">
          <TextInput
            label={t('form.destination')}
            description={t('form.destinationHelp')}
            inputWrapperOrder={['label', 'input', 'description']}
            value={destination.url}
            style={{ flex: 2 }}
            autoComplete="off"
            onChange={(event) => edit(index, { url: event.currentTarget.value })}
          />
          <PasswordInput
            label={t('form.key')}
            description={t('form.keyHelp')}
            inputWrapperOrder={['label', 'input', 'description']}
            value={destination.key}
            style={{ flex: 1 }}
            autoComplete="off"
            onChange={(event) => edit(index, { key: event.currentTarget.value })}
          />
          <ActionIcon
            mt={26}
            variant="subtle"
            color="gray"
            aria-label={t('form.removeDestination', { number: index + 1 })}
            onClick={() =>
              change({ destinations: form.destinations.filter((_, position) => position !== index) })
            }
          >
            <IconX size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Button
        variant="subtle"
        size="compact-sm"
        style={{ alignSelf: 'start' }}
        leftSection={<IconPlus size={14} />}
        onClick={() => change({ destinations: [...form.destinations, { url: '', key: '' }] })}
      >
        {t('form.addDestination')}
      </Button>
    </Stack>
  );
}
