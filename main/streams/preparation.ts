/**
 * Everything that can be said about a stream's outputs before anything is started or written: every address parsed, every
 * path inside its fence, every service's limits kept, no two outputs to the same place. A refusal names the field.
 */
import { StreamwareError } from '../contract/errors.ts';
import type { Output } from '../contract/outputs.ts';
import type { StreamConfig } from '../contract/streams.ts';
import { createId } from '../lib/ids.ts';
import { resolvePlaylistPath, resolveRecordingPath } from '../media/outputs/outputPaths.ts';
import { parseSrtAddress } from '../media/outputs/srt/srtAddress.ts';
import { redactedTarget } from '../media/rtmp/rtmpUrl.ts';
import { resolveDestination } from './destinationAddress.ts';
import { serviceOf } from './destinationCatalogue.ts';
import { mainRequest } from './renditions.ts';
import { limitError, validateAgainstService } from './serviceLimits.ts';

export interface OutputAccess {
  /** True for the local command line, the SDK and admin tokens: absolute paths outside the media folder are taken. */
  readonly mayUseAnyFolder: boolean;
}

export type PreparedOutput = Output & { id: string };

export class OutputPreparation {
  readonly #folders: { readonly recordings: string; readonly hls: string };

  constructor(folders: { recordings: string; hls: string }) {
    this.#folders = folders;
  }

  /** @throws the first refusal, with the field at fault, such as `output.1.url` */
  async prepareAll(config: StreamConfig, access: OutputAccess): Promise<PreparedOutput[]> {
    const prepared: PreparedOutput[] = [];
    const places = new Map<string, number>();
    for (const [index, output] of config.output.entries()) {
      const field = `output.${index}.`;
      const place = await this.#check(output, access, field);
      assertLimits(output, config, field);
      const other = place === null ? undefined : places.get(place);
      if (other !== undefined) {
        throw new StreamwareError('output.duplicate', {
          field: `output.${index}`,
          detail: `outputs ${other} and ${index} lead to the same place`,
        });
      }
      if (place !== null) places.set(place, index);
      prepared.push(withId(output, prepared));
    }
    return prepared;
  }

  /** One output that is added to a stream or changed. */
  async prepareOne(output: Output, access: OutputAccess): Promise<PreparedOutput> {
    await this.#check(output, access, '');
    return withId(output, []);
  }

  /** What tells two outputs apart; null when any number of them may exist. */
  async #check(output: Output, access: OutputAccess, field: string): Promise<string | null> {
    const { recordings, hls } = this.#folders;
    const policy = (
      mediaFolder: string,
    ): { mediaFolder: string; mayUseAnyFolder: boolean; field: string } => ({
      mediaFolder,
      ...access,
      field: `${field}path`,
    });
    switch (output.type) {
      case 'rtmp':
      case 'rtmps': {
        const { target, key } = resolveDestination(output, field).primary;
        return `${redactedTarget(target)}/${key.reveal()}`.toLowerCase();
      }
      case 'hls-push':
        return resolveDestination(output, field).addressOf('').reveal();
      case 'srt':
        atField(field, () => parseSrtAddress(output));
        return `${output.url}#${output.streamId ?? ''}`;
      case 'file':
        return output.path === undefined ? null : await resolveRecordingPath(output.path, policy(recordings));
      case 'hls':
        return output.path === undefined
          ? null
          : (await resolvePlaylistPath(output.path, hls, policy(hls))).playlistPath;
    }
  }
}

function withId(output: Output, others: readonly PreparedOutput[]): PreparedOutput {
  if (output.id === undefined) return { ...output, id: createId('out') };
  if (others.some(({ id }) => id === output.id)) {
    throw new StreamwareError('request.invalid', {
      field: 'output',
      detail: `the output id ${output.id} is used twice`,
    });
  }
  return { ...output, id: output.id };
}

/** What the user asked for in so many words is held against the service; what is left to streamware will fit by itself. */
function assertLimits(output: Output, config: StreamConfig, field: string): void {
  const service = serviceOf(output, field);
  if (!service) return;
  const asked = { ...mainRequest(config.processing), ...output.rendition };
  const [broken] = validateAgainstService(asked, service).filter(({ severity }) => severity === 'error');
  if (broken) throw limitError(broken, output.rendition ? `${field}rendition.` : 'processing.');
}

/** Puts the place of the output before the field that a refusal names. */
function atField<Result>(prefix: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof StreamwareError) || error.field === undefined) throw error;
    const { code, detail, hint, field } = error;
    throw new StreamwareError(code, {
      field: prefix + field,
      hint,
      cause: error,
      ...(detail === undefined ? {} : { detail }),
    });
  }
}
