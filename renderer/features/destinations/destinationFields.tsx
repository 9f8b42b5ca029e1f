import { Anchor, PasswordInput, Select, Stack, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Destination } from '../../../main/contract/api/destinations.ts';
import { useCatalogue } from '../../client/catalogue.ts';
import type { FormIssues } from '../../components/formIssues.ts';
import { DestinationVerdict, type Program } from './destinationVerdict.tsx';
import { type DestinationDraft, fieldName, isSrt, OWN_ADDRESS, withText } from './draft.ts';

interface DestinationFieldsProps {
  readonly draft: DestinationDraft;
  readonly onChange: (draft: DestinationDraft) => void;
  readonly issues: FormIssues;
  /** What the destination would get, as far as it is chosen here. */
  readonly program?: Program | undefined;
}

/** Where it goes: a service from the catalogue with its key, or any address. A whole address may be pasted into any field. */
export function DestinationFields({ draft, onChange, issues, program }: DestinationFieldsProps) {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  const known = catalogue.find(({ id }) => id === draft.service);
  const change = (next: DestinationDraft, field: 'service' | 'url' | 'key'): void => {
    issues.changed(fieldName(draft, field));
    onChange(next);
  };
  const place = (field: 'service' | 'url' | 'key') => ({
    'data-field': fieldName(draft, field),
    error: issues.errorOf(fieldName(draft, field), t),
    onBlur: () => issues.touch(fieldName(draft, field)),
  });
  return (
    <Stack gap="xs" flex={1} miw={0}>
      <Select
        label={t('form.destination')}
        placeholder={t('form.destinationChoose')}
        data={[
          ...catalogue.map(({ id, name }) => ({ value: id, label: name })),
          { value: OWN_ADDRESS, label: t('form.ownAddress') },
        ]}
        value={draft.service === '' ? null : draft.service}
        searchable
        nothingFoundMessage={t('form.noService')}
        {...place('service')}
        onChange={(service) => change({ ...draft, service: service ?? '', url: '' }, 'service')}
      />
      {draft.service === OWN_ADDRESS && (
        <TextInput
          label={t('form.address')}
          description={t('form.addressHelp')}
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          value={draft.url}
          autoComplete="off"
          spellCheck={false}
          {...place('url')}
          onChange={(event) => change(withText(draft, 'url', event.currentTarget.value, catalogue), 'url')}
        />
      )}
      {known && known.servers.length > 1 && (
        <ServerChoice draft={draft} service={known} onChange={(next) => change(next, 'url')} />
      )}
      {draft.service !== '' && (
        <PasswordInput
          label={t(isSrt(draft) ? 'form.passphrase' : 'form.key')}
          description={<KeyHelp service={known} />}
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          value={draft.key}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t('form.showKey') }}
          {...place('key')}
          onChange={(event) => change(withText(draft, 'key', event.currentTarget.value, catalogue), 'key')}
        />
      )}
      <DestinationVerdict draft={draft} program={program} issues={issues} />
    </Stack>
  );
}

function ServerChoice({
  draft,
  service,
  onChange,
}: {
  draft: DestinationDraft;
  service: Destination;
  onChange: (draft: DestinationDraft) => void;
}) {
  const { t } = useTranslation();
  return (
    <Select
      label={t('form.server')}
      data={[
        { value: '', label: t('form.usualServer') },
        ...service.servers.map(({ name, url }) => ({ value: url, label: name })),
      ]}
      value={draft.url}
      allowDeselect={false}
      onChange={(url) => onChange({ ...draft, url: url ?? '' })}
    />
  );
}

function KeyHelp({ service }: { service: Destination | undefined }) {
  const { t } = useTranslation();
  return (
    <>
      {t('form.keyHelp')}{' '}
      {service?.keyUrl && (
        <Anchor href={service.keyUrl} target="_blank" rel="noreferrer" size="xs" underline="always">
          {t('form.keyWhere', { name: service.name })}
        </Anchor>
      )}
    </>
  );
}
