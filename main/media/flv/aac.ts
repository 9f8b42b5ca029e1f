/**
 * AAC inside FLV: the configuration of a header tag, and silence: header and frames that any AAC-LC decoder takes.
 * Source: ISO/IEC 14496-3, 1.6.2.1 (AudioSpecificConfig) and 4.4.2 (raw_data_block).
 */
import { BitReader } from './bitReader.ts';
import { malformed } from './malformed.ts';
import type { AudioTag } from './mediaTag.ts';
import { audioLayout } from './tagParser.ts';

const SAMPLE_RATES_HZ: readonly number[] = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];
const EXPLICIT_RATE = 15;
const AAC_LC = 2;
const SBR = 5;
const PARAMETRIC_STEREO = 29;

/** Samples per channel in one AAC-LC frame: 21⅓ ms at 48 kHz. */
export const AAC_FRAME_SAMPLES = 1024;

export interface AacConfiguration {
  /** MPEG-4 audio object type; 2 is AAC-LC, 5 HE-AAC, 29 HE-AAC v2. */
  readonly objectType: number;
  /** Of what is heard: the doubled rate where SBR is signalled explicitly (object types 5 and 29). */
  readonly sampleRateHz: number;
  /** 0 when the channels are described in the stream itself. */
  readonly channels: number;
}

/** Reads an AAC header tag (`frame: 'header'`). Throws `media.malformed`. */
export function parseAacHeaderTag(header: AudioTag): AacConfiguration {
  const layout = audioLayout(header.payload);
  if (layout === null || layout.codec !== 'aac' || layout.frame !== 'header')
    throw malformed('not an AAC header');
  return parseAudioSpecificConfig(header.payload.subarray(layout.dataOffset));
}

/** Reads an AudioSpecificConfig. Throws `media.malformed`. */
export function parseAudioSpecificConfig(config: Buffer): AacConfiguration {
  const reader = new BitReader(config);
  const objectType = readObjectType(reader);
  const coreRateHz = readSampleRate(reader);
  const channelConfiguration = reader.bits(4);
  if (channelConfiguration > 7) throw malformed('an AAC configuration with an unknown channel layout');
  const channels = channelConfiguration === 7 ? 8 : channelConfiguration;
  const isExtended = objectType === SBR || objectType === PARAMETRIC_STEREO;
  const sampleRateHz = isExtended ? readSampleRate(reader) : coreRateHz;
  return { objectType, sampleRateHz, channels: objectType === PARAMETRIC_STEREO ? 2 : channels };
}

function readObjectType(reader: BitReader): number {
  const objectType = reader.bits(5);
  return objectType === 31 ? 32 + reader.bits(6) : objectType;
}

function readSampleRate(reader: BitReader): number {
  const index = reader.bits(4);
  const sampleRateHz = index === EXPLICIT_RATE ? reader.bits(24) : SAMPLE_RATES_HZ[index];
  if (sampleRateHz === undefined || sampleRateHz === 0)
    throw malformed('an AAC configuration with an unknown sample rate');
  return sampleRateHz;
}

/** The header tag of an AAC-LC track. `sampleRateHz` must be one of the standard rates, 7350 to 96000. */
export function aacHeaderTag(sampleRateHz: number, channels: 1 | 2, timestampMs: number): AudioTag {
  const index = SAMPLE_RATES_HZ.indexOf(sampleRateHz);
  if (index < 0) throw new RangeError(`${sampleRateHz} Hz is not a standard AAC rate`);
  const config = (AAC_LC << 11) | (index << 7) | (channels << 3);
  const payload = Buffer.from([FLV_AAC, 0, config >> 8, config & 0xff]);
  return { kind: 'audio', codec: 'aac', frame: 'header', timestampMs, payload };
}

/** SoundFormat 10 and the fixed rate, size and channel bits that FLV prescribes for AAC. */
const FLV_AAC = 0xaf;

/**
 * One channel element with no scale-factor bands, so no spectrum. Mono: single_channel_element; stereo:
 * channel_pair_element with a common window; then ID_END and padding. Independent of the sample rate.
 */
const silentFrames = {
  1: fromBits('000 0000', '00000000', '0 00 0 000000 0', '0 0 0', '111'),
  2: fromBits('001 0000', '1', '0 00 0 000000 0', '00', '00000000 0 0 0', '00000000 0 0 0', '111'),
} as const;

/** A raw AAC-LC frame of 1024 silent samples per channel. Shared: not to be changed. */
export function silentAacFrame(channels: 1 | 2): Buffer {
  return silentFrames[channels];
}

const silentPayloads = {
  1: Buffer.concat([Buffer.from([FLV_AAC, 1]), silentFrames[1]]),
  2: Buffer.concat([Buffer.from([FLV_AAC, 1]), silentFrames[2]]),
} as const;

/** A sound tag of `AAC_FRAME_SAMPLES` silent samples. All tags of one layout share a payload. */
export function silentAacTag(channels: 1 | 2, timestampMs: number): AudioTag {
  return { kind: 'audio', codec: 'aac', frame: 'sound', timestampMs, payload: silentPayloads[channels] };
}

function fromBits(...groups: string[]): Buffer {
  const bits = groups.join('').replaceAll(' ', '');
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (let index = 0; index < bits.length; index++) {
    if (bits[index] === '1') bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (0x80 >> (index & 7));
  }
  return bytes;
}
