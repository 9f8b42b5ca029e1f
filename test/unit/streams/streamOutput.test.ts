import { beforeEach, describe, expect, it } from 'vitest';
import type { Output } from '../../../main/contract/outputs.ts';
import { nullLogger } from '../../../main/lib/logger.ts';
import type { MediaTag } from '../../../main/media/flv/mediaTag.ts';
import type { OutputDriver } from '../../../main/media/outputs/outputDriver.ts';
import type { OutputSession, SessionProgress } from '../../../main/media/outputs/outputSession.ts';
import { ProgramClock } from '../../../main/media/relay/programClock.ts';
import { Relay } from '../../../main/media/relay/relay.ts';
import { StreamOutput } from '../../../main/streams/streamOutput.ts';
import { createFakeClock, type FakeClock } from '../../helpers/fakeClock.ts';
import { LiveSource } from '../media/relay/sampleTags.ts';

/** As if the sample were a picture of 7 Mbit/s. */
const TAG_BYTES = 12_000;

/** A line that delivers all it is given, or less: what is missing waits on the way, where only confirmations show it. */
class Line implements OutputSession {
  readonly ended = new Promise<null>(() => undefined);
  onDrain: () => void = () => undefined;
  share = 1;
  #sent = 0;
  #confirmed = 0;

  async open(): Promise<void> {}

  write(_tag: MediaTag): boolean {
    this.#sent += TAG_BYTES;
    this.#confirmed = Math.min(this.#sent, this.#confirmed + TAG_BYTES * this.share);
    return true;
  }

  progress(): SessionProgress {
    return {
      bytesSent: this.#sent,
      bytesConfirmed: Math.floor(this.#confirmed),
      bytesPending: 0,
      rttMs: null,
    };
  }

  async close(): Promise<void> {}
}

let clock: FakeClock;
let source: LiveSource;
let lines: readonly [Line, Line];
let output: StreamOutput;
let told: string[];

beforeEach(() => {
  clock = createFakeClock();
  const relay = new Relay({ clock, program: new ProgramClock(clock), logger: nullLogger });
  source = new LiveSource(clock, relay.attachSource('a'));
  lines = [new Line(), new Line()];
  const driver: OutputDriver = {
    kind: 'rtmp',
    target: 'rtmp://live.example/app',
    legs: lines.map((line, index) => ({
      id: index === 0 ? 'primary' : 'backup',
      renditionId: 'main',
      createSession: () => line,
    })),
    status: () => ({ files: [], playbackPath: null, notices: [] }),
    finish: async () => undefined,
    remove: async () => undefined,
  };
  output = new StreamOutput({
    id: 'out_1',
    config: { type: 'rtmp', url: 'rtmp://live.example/app', priority: 50, enabled: true } as Output,
    driver,
    relayOf: () => relay,
    nominalKbpsOf: () => 6000,
    publicUrl: (path) => path,
    clock,
    logger: nullLogger,
  });
  told = [];
  output.events.on('paceChanged', ({ reason }) => told.push(reason?.code ?? 'keeps up'));
});

describe('an output with two connections', () => {
  it('is too slow from the first that is until the last that is, and says so once', async () => {
    output.start();
    await source.run(5000);
    expect(output.state).toBe('live');
    for (const line of lines) line.share = 0.1;
    await source.run(20_000);
    expect(told).toEqual(['destination.too_slow']);
    lines[0].share = 20;
    await source.run(5000);
    expect(told).toEqual(['destination.too_slow']);
    lines[1].share = 20;
    await source.run(5000);
    expect(told).toEqual(['destination.too_slow', 'keeps up']);
    expect(output.status()).toMatchObject({ state: 'live', reason: null });
  });
});
