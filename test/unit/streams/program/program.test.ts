// The program against an encoder that does as it is told, on a clock that is moved by hand.
import { beforeEach, describe, expect, it } from 'vitest';
import { StreamwareError } from '../../../../main/contract/errors.ts';
import { nullLogger } from '../../../../main/lib/logger.ts';
import type { MediaTag } from '../../../../main/media/flv/mediaTag.ts';
import type { SlateClip } from '../../../../main/media/relay/slateClip.ts';
import type { TagSource } from '../../../../main/media/relay/tagSink.ts';
import type {
  EncodePlan,
  EncodeRun,
  Encoding,
  PlanRequest,
} from '../../../../main/streams/program/encoding.ts';
import { Program } from '../../../../main/streams/program/program.ts';
import { createFakeClock, type FakeClock } from '../../../helpers/fakeClock.ts';

const FRAME_MS = 40;
const GOP_FRAMES = 50;
const headerTag: MediaTag = {
  kind: 'video',
  codec: 'h264',
  frame: 'header',
  compositionMs: 0,
  timestampMs: 0,
  payload: Buffer.from('1700000000', 'hex'),
};

function picture(index: number): MediaTag {
  const frame = index % GOP_FRAMES === 0 ? 'key' : 'inter';
  return {
    kind: 'video',
    codec: 'h264',
    frame,
    compositionMs: 0,
    timestampMs: index * FRAME_MS,
    payload: Buffer.from('2701000000', 'hex'),
  };
}

class ScriptedRun implements EncodeRun {
  readonly speed = 1;
  readonly ended: Promise<StreamwareError | null>;
  readonly positionMs: number;
  isStopped = false;
  /** Pictures that its encoder still holds, and gives out when it is told to end. */
  heldBack = 0;
  readonly #sources: readonly TagSource[];
  readonly #settle: (error: StreamwareError | null) => void;
  #frames = 0;

  constructor(sources: readonly TagSource[], positionMs: number) {
    this.#sources = sources;
    this.positionMs = positionMs;
    const { promise, resolve } = Promise.withResolvers<StreamwareError | null>();
    this.ended = promise;
    this.#settle = resolve;
  }

  /** Sends so many pictures, in real time. */
  async play(clock: FakeClock, frames: number): Promise<void> {
    for (let left = frames; left > 0 && !this.isStopped; left -= 1) {
      this.#push();
      await clock.advance(FRAME_MS);
    }
  }

  #push(): void {
    for (const source of this.#sources) {
      if (this.#frames === 0) source.push(headerTag);
      source.push(picture(this.#frames));
    }
    this.#frames += 1;
  }

  end(error: StreamwareError): void {
    for (const source of this.#sources) source.end();
    this.#settle(error);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    for (; this.heldBack > 0; this.heldBack -= 1) this.#push();
    this.#settle(null);
  }
}

class ScriptedEncoding implements Encoding {
  readonly runs: ScriptedRun[] = [];
  readonly requests: PlanRequest[] = [];
  isExclusive = false;
  canSeek = false;
  refusals: StreamwareError[] = [];
  /** Settles when the input answers. */
  answer: Promise<void> = Promise.resolve();

  async plan(request: PlanRequest): Promise<EncodePlan> {
    this.requests.push(request);
    await this.answer;
    const refusal = this.refusals.shift();
    if (refusal) throw refusal;
    return this.planSlate(request);
  }

  async planSlate(request: PlanRequest): Promise<EncodePlan> {
    const renditions = request.renditions.map(({ id, request: { bitrateKbps = 1000 } }) => ({
      id,
      width: 320,
      height: 180,
      fps: 25,
      bitrateKbps,
      audioBitrateKbps: 128,
    }));
    const encoder = request.failedEncoders.includes('gpu') ? 'software' : 'gpu';
    return { renditions, encoder, notices: [], isExclusive: this.isExclusive, canSeek: this.canSeek };
  }

  run(_plan: EncodePlan, sources: readonly TagSource[], positionMs: number): EncodeRun {
    const run = new ScriptedRun(sources, positionMs);
    this.runs.push(run);
    return run;
  }

  async renderSlate(): Promise<SlateClip> {
    const frames = Array.from({ length: GOP_FRAMES }, (_, index) => picture(index));
    return {
      videoHeader: headerTag as SlateClip['videoHeader'],
      audioHeader: null,
      frames,
      durationMs: GOP_FRAMES * FRAME_MS,
    };
  }

  async setText(): Promise<void> {}
  async dispose(): Promise<void> {}
}

let clock: FakeClock;
let encoding: ScriptedEncoding;

beforeEach(() => {
  clock = createFakeClock();
  encoding = new ScriptedEncoding();
});

function createProgram(isEndless = true): { program: Program; told: string[]; sent: MediaTag[] } {
  const program = new Program({
    encoding,
    renditions: [{ id: 'main', request: { bitrateKbps: 1000 }, wish: {} }],
    slateAfterMs: 1000,
    isEndless,
    endsWhenRefused: true,
    clock,
    logger: nullLogger,
  });
  const told: string[] = [];
  const sent: MediaTag[] = [];
  program.relay('main').subscribe({ push: (tag) => sent.push(tag) });
  program.events.on('sourceLost', ({ reason, retryInMs }) => told.push(`lost ${reason.code} ${retryInMs}`));
  program.events.on('inputEnded', () => told.push('ended'));
  program.events.on('refused', ({ reason }) => told.push(`refused ${reason.code}`));
  program.events.on('encoderReplaced', ({ failed }) => told.push(`replaced ${failed}`));
  program.events.on('qualityChanged', ({ renditions }) => told.push(`quality ${renditions[0]?.bitrateKbps}`));
  return { program, told, sent };
}

function run(index: number): ScriptedRun {
  const found = encoding.runs[index];
  if (!found) throw new Error(`there is no run ${index}`);
  return found;
}

describe('an input that fails', () => {
  it('is opened again at once, then with growing waits, while the slate is on air', async () => {
    const { program, told } = createProgram();
    await program.start();
    await run(0).play(clock, 60);
    expect(program.sourceState).toBe('ok');
    for (let failure = 0; failure < 4; failure += 1) {
      run(encoding.runs.length - 1).end(new StreamwareError('input.stalled'));
      await clock.advance(2500);
    }
    expect(told).toEqual([0, 500, 1000, 2000].map((wait) => `lost input.stalled ${wait}`));
    expect(program.relay('main').onAir).toBe('slate');
    await run(4).play(clock, 60);
    expect(program.sourceState).toBe('ok');
    await program.stop();
  });

  it('is opened again even after a permanent refusal, since what was on air may come back', async () => {
    const { program, told } = createProgram();
    await program.start();
    await run(0).play(clock, 60);
    encoding.refusals = [new StreamwareError('input.not_found'), new StreamwareError('input.not_found')];
    run(0).end(new StreamwareError('input.ended'));
    await clock.advance(5000);
    await run(1).play(clock, 60);
    expect(told).toEqual(['lost input.ended 0', 'lost input.not_found 500', 'lost input.not_found 1000']);
    expect(program.sourceState).toBe('ok');
    await program.stop();
  });

  it('says for how long nothing has come', async () => {
    const { program } = createProgram();
    await program.start();
    await run(0).play(clock, 60);
    await clock.advance(7000);
    expect({ state: program.sourceState, reason: program.reason?.toProblem() }).toMatchObject({
      state: 'stalled',
      reason: { code: 'input.stalled', detail: 'No picture has come from it for 7 s.' },
    });
    await run(0).play(clock, 60);
    expect(program.reason).toBeNull();
    await program.stop();
  });

  it('refuses to start when it can never work, and leaves nothing running', async () => {
    encoding.refusals = [new StreamwareError('input.not_found')];
    const { program } = createProgram();
    await expect(program.start()).rejects.toMatchObject({ code: 'input.not_found' });
    expect(encoding.runs).toEqual([]);
    await program.stop();
  });

  it('keeps nobody waiting who does not answer, and tells of a refusal that comes later', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    encoding.answer = promise;
    encoding.refusals = [new StreamwareError('input.unreadable')];
    const { program, told } = createProgram();
    const started = program.start().then(() => told.push('started'));
    await clock.advance(1990);
    expect(told).toEqual([]);
    await clock.advance(10);
    await started;
    resolve();
    await clock.advance(60_000);
    expect(told).toEqual(['started', 'lost input.unreadable null', 'refused input.unreadable']);
    expect(encoding.runs).toEqual([]);
    await program.stop();
  });

  it('starts later when it only does not answer yet', async () => {
    encoding.refusals = [new StreamwareError('input.timeout')];
    const { program } = createProgram();
    await program.start();
    await clock.advance(10);
    expect(encoding.runs).toHaveLength(1);
    await program.stop();
  });
});

describe('an input that was never there', () => {
  it('is stood in for by the slate within two seconds and a bit, until it comes', async () => {
    encoding.answer = new Promise(() => undefined);
    const { program } = createProgram();
    void program.start();
    await clock.advance(1900);
    expect(program.relay('main').onAir).toBe('none');
    await clock.advance(300);
    expect({
      onAir: program.relay('main').onAir,
      bitrate: program.expected?.renditions[0]?.bitrateKbps,
    }).toEqual({
      onAir: 'slate',
      bitrate: 1000,
    });
    encoding.answer = Promise.resolve();
    void program.reopen();
    await clock.advance(1);
    await run(0).play(clock, 60);
    expect(program.relay('main').onAir).toBe('source');
    await program.stop();
  });

  it('needs no slate of its own when it comes in time', async () => {
    const { program } = createProgram();
    await program.start();
    await clock.advance(1);
    await run(0).play(clock, 60);
    expect(program.relay('main').stats().slateMs).toBe(0);
    await program.stop();
  });
});

describe('an input that is over', () => {
  it('is not opened again, and the slate stays', async () => {
    const { program, told } = createProgram(false);
    await program.start();
    await run(0).play(clock, 60);
    run(0).end(new StreamwareError('input.ended'));
    await clock.advance(30_000);
    expect({ told, runs: encoding.runs.length, onAir: program.relay('main').onAir }).toEqual({
      told: ['ended'],
      runs: 1,
      onAir: 'slate',
    });
    await program.stop();
  });
});

describe('an encoder that fails', () => {
  it('is struck off, and the next one takes over at once', async () => {
    const { program, told } = createProgram();
    await program.start();
    await run(0).play(clock, 60);
    run(0).end(new StreamwareError('encoder.failed'));
    await clock.advance(1);
    await run(1).play(clock, 60);
    expect(told).toEqual(['replaced gpu', 'lost encoder.failed 0']);
    expect(program.plan?.encoder).toBe('software');
    expect(program.sourceState).toBe('ok');
    await program.stop();
  });
});

describe('a changed quality', () => {
  const lower = [{ id: 'main', request: { bitrateKbps: 500 }, wish: {} }];

  it('is encoded beside the old one and takes its place on a key frame, with no hole', async () => {
    const { program, told, sent } = createProgram();
    await program.start();
    await run(0).play(clock, 60);
    const changed = program.change(lower);
    await run(0).play(clock, 10);
    expect(run(0).isStopped).toBe(false);
    await Promise.all([run(1).play(clock, 30), changed]);
    expect(run(0).isStopped).toBe(true);
    expect(told).toEqual(['quality 500']);
    const times = sent
      .filter((tag) => tag.kind === 'video' && tag.frame !== 'header')
      .map(({ timestampMs }) => timestampMs);
    const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.max(...steps)).toBeLessThanOrEqual(1.5 * FRAME_MS);
    expect(Math.min(...steps)).toBeGreaterThan(0);
    await program.stop();
  });

  it('leaves the old one on air when the new one does not come up', async () => {
    const { program } = createProgram();
    await program.start();
    await run(0).play(clock, 60);
    const changed = program.change(lower);
    const refused = expect(changed).rejects.toMatchObject({ code: 'encoder.failed' });
    await clock.advance(1);
    run(1).end(new StreamwareError('encoder.failed'));
    await refused;
    await run(0).play(clock, 10);
    expect({
      isStopped: run(0).isStopped,
      state: program.sourceState,
      bitrate: program.plan?.renditions[0]?.bitrateKbps,
    }).toEqual({ isStopped: false, state: 'ok', bitrate: 1000 });
    await program.stop();
  });

  it('that was given up cannot get on air any more, with what its encoder still held', async () => {
    const { program } = createProgram();
    await program.start();
    await run(0).play(clock, 60);
    const given = expect(program.change(lower)).rejects.toMatchObject({ code: 'ffmpeg.stalled' });
    await clock.advance(1);
    run(1).heldBack = 10;
    await run(0).play(clock, 400);
    await given;
    expect({ isStopped: run(0).isStopped, state: program.sourceState }).toEqual({
      isStopped: false,
      state: 'ok',
    });
    await program.stop();
  });

  it('waits for no source that is silent: it comes back with what was asked for', async () => {
    const { program } = createProgram();
    await program.start();
    await run(0).play(clock, 60);
    await clock.advance(5000);
    await program.change(lower);
    await clock.advance(1);
    await run(1).play(clock, 60);
    expect({ state: program.sourceState, bitrate: program.plan?.renditions[0]?.bitrateKbps }).toEqual({
      state: 'ok',
      bitrate: 500,
    });
    await program.stop();
  });

  it('while the input is still looked at is what it begins with', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    encoding.answer = promise;
    const { program } = createProgram();
    const started = program.start();
    await clock.advance(1);
    await program.change(lower);
    resolve();
    await started;
    expect(encoding.runs).toHaveLength(1);
    expect(program.plan?.renditions[0]?.bitrateKbps).toBe(500);
    await program.stop();
  });

  it('of a device that opens only once lets go of it first', async () => {
    encoding.isExclusive = true;
    const { program } = createProgram();
    await program.start();
    await run(0).play(clock, 60);
    const changed = program.change(lower);
    await clock.advance(1);
    expect(run(0).isStopped).toBe(true);
    await Promise.all([run(1).play(clock, 30), changed]);
    expect(program.sourceState).toBe('ok');
    await program.stop();
  });

  it('of a file goes on where the file is', async () => {
    encoding.canSeek = true;
    const { program } = createProgram();
    await program.start();
    await run(0).play(clock, 100);
    const changed = program.change(lower);
    await clock.advance(1);
    expect(run(1).positionMs).toBeGreaterThanOrEqual(4000);
    expect(run(1).positionMs).toBeLessThan(5500);
    await Promise.all([run(1).play(clock, 60), run(0).play(clock, 60), changed]);
    await program.stop();
  });
});

it('leaves no timer and no run behind when it is stopped', async () => {
  const { program } = createProgram();
  await program.start();
  await run(0).play(clock, 60);
  await program.stop();
  expect({ timers: clock.pendingTimers, isStopped: run(0).isStopped }).toEqual({
    timers: 0,
    isStopped: true,
  });
});
