/**
 * Which fields of a stream's configuration are secret, in one table, and what is done with them: sealed before they are
 * kept, hidden before they are shown, told to the redactor while they are in use. A new field goes into the table;
 * a test walks the schemas and complains about one that looks secret and is not in it.
 */
import { z } from 'zod';
import { StreamwareError } from '../contract/errors.ts';
import type { Input, InputType } from '../contract/inputs.ts';
import type { Output, OutputType } from '../contract/outputs.ts';
import { type StreamConfig, streamConfigSchema } from '../contract/streams.ts';
import { REDACTED } from '../lib/redactor.ts';
import { isSealed, type SealedBox } from '../lib/sealedBox.ts';
import { redactPushUrl, redactUrl, urlSecrets } from '../lib/urlRedaction.ts';

/**
 * `secret`: nothing of it is shown. `address`: shown without credentials, key and parameters.
 * `pushAddress`: an address of which the key may be part of the path.
 */
type SecretKind = 'secret' | 'address' | 'pushAddress';
type SecretTable<Type extends string> = Readonly<Record<Type, Readonly<Record<string, SecretKind>>>>;

const rtmpFields = { url: 'address', key: 'secret', backupUrl: 'address', password: 'secret' } as const;

export const secretFields: { input: SecretTable<InputType>; output: SecretTable<OutputType> } = {
  input: {
    test: {},
    file: {},
    rtmp: { url: 'address' },
    ingest: { key: 'secret' },
    srt: { url: 'address', passphrase: 'secret' },
    http: { url: 'address' },
    rtsp: { url: 'address' },
    screen: {},
    camera: {},
  },
  output: {
    rtmp: rtmpFields,
    rtmps: rtmpFields,
    hls: {},
    // The stream id of SRT carries user and key on most servers.
    srt: { url: 'address', passphrase: 'secret', streamId: 'secret' },
    file: {},
    'hls-push': { url: 'pushAddress', key: 'secret' },
  },
};

/** The configuration as data, with every secret sealed. @param purpose where it is kept; needed again to open it */
export function sealConfig(config: StreamConfig, box: SealedBox, purpose: string): unknown {
  return mapSecrets(config, (value) => box.seal(value, purpose));
}

/**
 * The configuration that was sealed.
 * @throws `secret.wrong_key` or `secret.damaged`, with the field; `request.invalid` when it does not fit today's schema
 */
export function unsealConfig(sealed: unknown, box: SealedBox, purpose: string): StreamConfig {
  const shape = sealedShape.safeParse(sealed);
  if (!shape.success) throw new StreamwareError('secret.damaged');
  const opened = mapSecrets(shape.data as StreamConfig, (value, _kind, field) => {
    if (!isSealed(value)) return value;
    const result = box.open(value, purpose);
    if (result.ok) return result.text;
    throw new StreamwareError(result.reason === 'wrongKey' ? 'secret.wrong_key' : 'secret.damaged', {
      field,
    });
  });
  const parsed = streamConfigSchema.safeParse(opened);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new StreamwareError('request.invalid', {
    detail: 'The saved configuration does not fit this version.',
    ...(issue ? { field: issue.path.join('.') } : {}),
  });
}

/** The configuration as it may be shown: secrets read `[redacted]`. */
export function redactConfig(config: StreamConfig): unknown {
  return mapSecrets(config, redactField);
}

/** Every secret text in the configuration, for the redactor. */
export function secretsOf(config: StreamConfig): string[] {
  const secrets: string[] = [];
  mapSecrets(config, (value, kind) => {
    secrets.push(...(kind === 'secret' ? [value] : urlSecrets(value)));
    return value;
  });
  return secrets;
}

/**
 * A configuration that came back from somebody who was shown `redactConfig`: what still reads as it was shown takes its
 * value from `current`. Outputs are matched by id, those without one by their place.
 * @throws `request.invalid` with the field, when `[redacted]` stands where nothing was hidden
 */
export function restoreSecrets(update: StreamConfig, current: StreamConfig): StreamConfig {
  return mapSecrets(update, (value, kind, field) => {
    if (!value.includes(REDACTED)) return value;
    const known = currentValue(update, current, field);
    if (known !== undefined && redactField(known, kind) === value) return known;
    throw new StreamwareError('request.invalid', {
      field,
      detail: `${field} reads ${REDACTED}, and there is nothing it could stand for.`,
      hint: 'Type the secret again.',
    });
  }) as StreamConfig;
}

/** Enough of the shape to find the secrets; the rest is checked once they are open. */
const part = z.looseObject({ type: z.string() });
const sealedShape = z.looseObject({ input: part, output: z.array(part) });

type Transform = (value: string, kind: SecretKind, field: string) => string;

function redactField(value: string, kind: SecretKind): string {
  if (value === '') return '';
  if (kind === 'secret') return REDACTED;
  if (kind === 'pushAddress') return redactPushUrl(value);
  // Not an address at all: it may be the key, typed into the wrong field.
  return value.includes('://') ? redactUrl(value) : REDACTED;
}

function mapSecrets(config: StreamConfig, transform: Transform): unknown {
  return {
    ...config,
    input: mapFields(config.input, secretFields.input[config.input.type], 'input.', transform),
    output: config.output.map((output, index) =>
      mapFields(output, secretFields.output[output.type], `output.${index}.`, transform),
    ),
  };
}

function mapFields(
  inputOrOutput: Input | Output,
  fields: Readonly<Record<string, SecretKind>> | undefined,
  prefix: string,
  transform: Transform,
): unknown {
  const mapped: Record<string, unknown> = { ...inputOrOutput };
  for (const [name, kind] of Object.entries(fields ?? {})) {
    const value = mapped[name];
    if (typeof value === 'string') mapped[name] = transform(value, kind, prefix + name);
  }
  return mapped;
}

/** What the field `input.key` or `output.1.key` of the update holds in the current configuration. */
function currentValue(update: StreamConfig, current: StreamConfig, field: string): string | undefined {
  const [first, second = '', third = ''] = field.split('.');
  const holder =
    first === 'input' ? current.input : currentOutput(update.output[Number(second)], current, Number(second));
  const value = (holder as Record<string, unknown> | undefined)?.[first === 'input' ? second : third];
  return typeof value === 'string' ? value : undefined;
}

function currentOutput(
  updated: Output | undefined,
  current: StreamConfig,
  index: number,
): Output | undefined {
  if (updated?.id === undefined) return current.output[index];
  return current.output.find(({ id }) => id === updated.id);
}
