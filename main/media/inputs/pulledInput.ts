import { StreamwareError, toStreamwareError } from '../../contract/errors.ts';
import type { FfmpegRunner } from '../ffmpeg/ffmpegProcess.ts';
import type { MediaProbe } from '../ffmpeg/mediaProbe.ts';
import type { Prober } from '../ffmpeg/probe.ts';
import { type InputSource, singleSource } from './inputSource.ts';
import type { OpenInput } from './openInput.ts';
import type { ProbeOptions } from './probeSource.ts';
import { liveError, PULL_FORMAT, Pull, pulledOpening } from './pull.ts';

/** The header of the container, and usually the first pictures. Asked for again, doubled, when it was not enough. */
const FIRST_LOOK_BYTES = 4096;
const LAST_LOOK_BYTES = 4 * 1024 * 1024;

/** A live sender: each encoder gets a connection, the first one that which was looked into. */
export class PulledInput implements OpenInput {
  readonly #runner: FfmpegRunner;
  readonly #sender: InputSource;
  #ready: Pull | null = null;

  /** @param sender how it is opened. */
  constructor(runner: FfmpegRunner, sender: InputSource) {
    this.#runner = runner;
    this.#sender = sender;
  }

  async probe(prober: Prober, options: ProbeOptions = {}): Promise<MediaProbe> {
    await this.#ready?.stop();
    const pull = new Pull(this.#runner, this.#sender);
    this.#ready = pull;
    try {
      return await look(pull, prober, options.signal);
    } catch (thrown) {
      if (this.#ready === pull) this.#ready = null;
      await pull.stop();
      throw liveError(toStreamwareError(thrown));
    }
  }

  source(): InputSource {
    return singleSource(pulledOpening, { pull: (): Pull => this.#take() });
  }

  async close(): Promise<void> {
    await this.#ready?.stop();
    this.#ready = null;
  }

  #take(): Pull {
    const ready = this.#ready;
    this.#ready = null;
    return ready ?? new Pull(this.#runner, this.#sender);
  }
}

async function look(pull: Pull, prober: Prober, signal: AbortSignal | undefined): Promise<MediaProbe> {
  for (let bytes = FIRST_LOOK_BYTES; ; bytes *= 4) {
    const head = await untilHead(pull, bytes, prober, signal);
    try {
      return await prober.probeBytes(PULL_FORMAT, head);
    } catch (error) {
      if (head.length < bytes || bytes > LAST_LOOK_BYTES) throw error;
    }
  }
}

/** Rejects when the connection is over, does not come, or nobody wants it any more. */
async function untilHead(
  pull: Pull,
  bytes: number,
  prober: Prober,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const head = await prober.withinTime(pull.head(bytes), signal);
  if (head.length > 0) return head;
  throw (await pull.ended) ?? new StreamwareError('input.timeout');
}
