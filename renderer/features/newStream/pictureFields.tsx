import { NumberInput, Select, SimpleGrid } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { MAX_BITRATE_KBPS, MIN_BITRATE_KBPS, sizes } from './newStream.ts';
import type { PartProps } from './newStreamForm.tsx';

export function PictureFields({ form, change, issues }: PartProps) {
  const { t } = useTranslation();
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }}>
      <Select
        label={t('form.size')}
        data={sizes.map((value) => ({
          value,
          label: value === '' ? t('form.sizeOfSource') : value.replace('x', ' × '),
        }))}
        value={form.size}
        allowDeselect={false}
        data-field="size"
        error={issues.errorOf('size', t)}
        onChange={(size) => size !== null && change({ size }, 'size')}
      />
      <NumberInput
        label={t('form.bitrate')}
        description={t('form.bitrateHelp')}
        inputWrapperOrder={['label', 'input', 'error', 'description']}
        value={form.bitrateKbps}
        min={MIN_BITRATE_KBPS}
        max={MAX_BITRATE_KBPS}
        step={500}
        suffix=" kbit/s"
        thousandSeparator=" "
        data-field="bitrateKbps"
        error={issues.errorOf('bitrateKbps', t)}
        onBlur={() => issues.touch('bitrateKbps')}
        onChange={(value) => change({ bitrateKbps: typeof value === 'number' ? value : 0 }, 'bitrateKbps')}
      />
    </SimpleGrid>
  );
}
