/**
 * Everything that can be said about a stream's outputs before anything is started or written: every address parsed, every
 * path inside its fence, every service's limits kept, no two outputs to the same place. A refusal names the field.
 */
import { StreamwareError } from '../contract/errors.ts';
import type { Output } from '../contract/outputs.ts';
import { MAX_OUTPUTS, type StreamConfig } from '../contract/streams.ts';
import { createId } from '../lib/ids.ts';
import { resolvePlaylistPath, resolveRecordingPath } from '../media/outputs/outputPaths.ts';
import { parseSrtAddress } from '../media/outputs/srt/srtAddress.ts';
import { redactedTarget } from '../media/rtmp/rtmpUrl.ts';
import { resolveDestination } from './destinationAddress.ts';
import { serviceOf } from './destinationCatalogue.ts';
import { assertMayRead, type FileAccess } from './readAccess.ts';
import { limitError } from './serviceLimits.ts';
import { sharingConflicts } from './sharingNotices.ts';

export type PreparedOutput = Output & { id: string };

export class OutputPreparation {
  readonly #folders: { readonly recordings: string; readonly hls: string };

  constructor(folders: { recordings: string; hls: string }) {
    this.#folders = folders;
  }

  /** @throws the first refusal, with the field at fault, such as `output.1.url` */
  async prepareAll(config: StreamConfig, access: FileAccess): Promise<PreparedOutput[]> {
    await assertMayRead(config, access, this.#folders.recordings);
    const prepared: PreparedOutput[] = [];
    const places = new Map<string, number>();
    for (const [index, output] of config.output.entries()) {
      const field = `output.${index}.`;
      const place = await this.#check(output, access, field);
      assertLimits(index, config, field);
      const other = place === null ? undefined : places.get(place);
      if (other !== undefined) throw duplicate(`output.${index}`, `${other} and ${index}`);
      if (place !== null) places.set(place, index);
      prepared.push(withId(output, prepared, `${field}id`));
    }
    return prepared;
  }

  /**
   * One output that is added to a stream or changed.
   * @param beside the stream's configuration with its other outputs
   */
  async prepareOne(output: Output, beside: StreamConfig, access: FileAccess): Promise<PreparedOutput> {
    if (beside.output.length >= MAX_OUTPUTS) {
      throw new StreamwareError('request.invalid', {
        field: 'output',
        detail: `a stream has ${MAX_OUTPUTS} outputs at most`,
      });
    }
    const place = await this.#check(output, access, '');
    assertLimits(beside.output.length, { ...beside, output: [...beside.output, output] }, '');
    for (const other of place === null ? [] : beside.output) {
      if ((await this.#placeOf(other)) === place) throw duplicate('', `${other.id} and this one`);
    }
    return withId(output, beside.output, 'id');
  }

  /** Of an output that was checked when it was made: what has become of its folder since is not asked here. */
  async #placeOf(output: Output): Promise<string | null> {
    return await this.#check(output, { mayUseAnyFolder: true }, '').catch(() => null);
  }

  /** What tells two outputs apart; null when any number of them may exist. */
  async #check(output: Output, access: FileAccess, field: string): Promise<string | null> {
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
        return `${redactedTarget(target)}/${key.reveal()}`;
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

function withId(output: Output, others: readonly Output[], field: string): PreparedOutput {
  if (output.id === undefined) return { ...output, id: createId('out') };
  if (others.some(({ id }) => id === output.id)) {
    throw new StreamwareError('request.invalid', {
      field,
      detail: `the output id ${output.id} is used twice`,
      hint: 'Leave the id out, and one is made.',
    });
  }
  return { ...output, id: output.id };
}

function duplicate(field: string, which: string): StreamwareError {
  return new StreamwareError('output.duplicate', {
    ...(field === '' ? {} : { field }),
    detail: `outputs ${which} lead to the same place`,
  });
}

/** What the user asked for in so many words is held against the service; what is left to streamware will fit by itself. */
function assertLimits(index: number, config: StreamConfig, field: string): void {
  const output = config.output[index];
  if (output === undefined || serviceOf(output, field) === null) return;
  const all = config.output.map((other, place) => (place === index ? { ...other, enabled: true } : other));
  const broken = sharingConflicts({ ...config, output: all }).find(
    ({ outputId, severity }) => outputId === String(index) && severity === 'error',
  );
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
