import type { Input } from '../../contract/inputs.ts';
import type { FfmpegAbilities } from '../ffmpeg/abilities.ts';
import type { MediaProbe } from '../ffmpeg/mediaProbe.ts';
import type { Prober } from '../ffmpeg/probe.ts';
import { openInput } from './openInput.ts';
import type { ProbeOptions } from './probeSource.ts';

/**
 * What is in an input, for somebody who does not want to encode it. Whoever does uses `openInput` and its `probe`.
 * @throws as `OpenInput.probe`, and `input.not_found`
 */
export async function probeInput(
  input: Input,
  prober: Prober,
  abilities: FfmpegAbilities,
  options: ProbeOptions = {},
): Promise<MediaProbe> {
  const opened = await openInput(input, abilities);
  try {
    return await opened.probe(prober, options);
  } finally {
    await opened.close();
  }
}
