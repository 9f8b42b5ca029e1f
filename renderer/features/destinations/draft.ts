/** A destination while it is typed: what the fields hold, what is wrong with it, and the output it becomes. */
import type { Destination } from '../../../main/contract/api/destinations.ts';
import type { StreamConfigInput } from '../../../main/contract/streams.ts';
import type { FormIssue } from '../../components/formIssues.ts';
import { readPasted, schemeOf } from './pastedAddress.ts';

export type OutputInput = StreamConfigInput['output'][number];

/** `service` of a destination that is in no catalogue. */
export const OWN_ADDRESS = 'own';

export interface DestinationDraft {
  readonly id: number;
  /** Id from the catalogue, `own`, or empty while nothing is chosen. */
  readonly service: string;
  /** For a service: one of its servers, or empty for the usual one. */
  readonly url: string;
  /** The stream key; for SRT the passphrase. Leaves this page once and is never shown again. */
  readonly key: string;
}

type Field = 'service' | 'url' | 'key';

export function emptyDraft(id: number): DestinationDraft {
  return { id, service: '', url: '', key: '' };
}

/** A row nobody touched is no destination. */
export function isUsed({ service, url, key }: DestinationDraft): boolean {
  return service !== '' || url.trim() !== '' || key.trim() !== '';
}

/** The name of a field of this row, as errors and focus know it. */
export function fieldName({ id }: Pick<DestinationDraft, 'id'>, field: Field): string {
  return `destinations.${id}.${field}`;
}

export function isSrt(draft: DestinationDraft): boolean {
  return draft.service === OWN_ADDRESS && schemeOf(draft.url) === 'srt';
}

/** What was typed or pasted into `field`. A whole address is taken apart and put where its parts belong, whatever the field. */
export function withText(
  draft: DestinationDraft,
  field: 'url' | 'key',
  text: string,
  catalogue: readonly Destination[],
): DestinationDraft {
  const pasted = text.length - draft[field].length > 1 ? readPasted(text, catalogue) : null;
  if (!pasted) return { ...draft, [field]: text };
  return {
    id: draft.id,
    service: pasted.service ?? OWN_ADDRESS,
    url: pasted.url,
    key: pasted.key === '' && field === 'url' ? draft.key : pasted.key,
  };
}

/** The draft as an output the engine understands. The engine checks every value. */
export function toOutput(draft: DestinationDraft, catalogue: readonly Destination[]): OutputInput {
  const known = catalogue.find(({ id }) => id === draft.service);
  const url = draft.url.trim() === '' && known?.kind === 'srt' ? (known.servers[0]?.url ?? '') : draft.url;
  const service = known ? { service: known.id } : {};
  const address = url.trim() === '' && known ? {} : { url };
  const key = draft.key.trim() === '' ? {} : { key: draft.key };
  const type = outputType(url, known);
  if (type !== 'srt') return { type, ...service, ...address, ...key };
  return { type, url, ...(draft.key.trim() === '' ? {} : { passphrase: draft.key.trim() }) };
}

/** The address decides; without one, the service. */
function outputType(url: string, known: Destination | undefined): Destination['kind'] {
  const scheme = schemeOf(url);
  if (scheme === 'rtmp' || scheme === 'rtmps' || scheme === 'srt') return scheme;
  if (scheme === 'http' || scheme === 'https') return 'hls-push';
  return known?.kind ?? 'rtmp';
}

/** What can be seen to be wrong without asking the engine. */
export function draftIssues(draft: DestinationDraft, catalogue: readonly Destination[]): FormIssue[] {
  if (!isUsed(draft)) return [];
  if (draft.service === '') return [{ field: fieldName(draft, 'service'), reason: 'serviceMissing' }];
  if (draft.service === OWN_ADDRESS) return ownAddressIssues(draft);
  const needsKey = catalogue.find(({ id }) => id === draft.service)?.kind !== 'srt';
  return needsKey && draft.key.trim() === ''
    ? [{ field: fieldName(draft, 'key'), reason: 'keyMissing' }]
    : [];
}

function ownAddressIssues(draft: DestinationDraft): FormIssue[] {
  if (draft.url.trim() === '') return [{ field: fieldName(draft, 'url'), reason: 'addressMissing' }];
  if (schemeOf(draft.url) === null) return [{ field: fieldName(draft, 'url'), reason: 'addressScheme' }];
  const length = draft.key.trim().length;
  return isSrt(draft) && length > 0 && (length < 10 || length > 79)
    ? [{ field: fieldName(draft, 'key'), reason: 'passphraseLength' }]
    : [];
}

/** Which field of the row the engine means with the last part of a path such as `output.0.url`. */
export function rowField(engineField: string): Field {
  if (engineField === 'url' || engineField === 'backupUrl') return 'url';
  return engineField === 'key' || engineField === 'passphrase' ? 'key' : 'service';
}
