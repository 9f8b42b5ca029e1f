import { describe, expect, it } from 'vitest';
import type { OutputState } from '../../../../main/contract/streams.ts';
import {
  type CongestionAction,
  initialCongestion,
  type OutputLoad,
  stepCongestion,
} from '../../../../main/media/outputs/congestion.ts';

interface SimulatedOutput {
  id: string;
  priority: number;
  wantedKbps: number;
  /** What its own server takes. */
  peerKbps?: number;
  isNetwork?: boolean;
  state?: OutputState;
}

const QUEUE_LIMIT_MS = 10_000;

/**
 * A line shared fairly by everybody who has something to send, and a stream that does what the controller says.
 * Keeps a diary of the actions: `12 pause c`.
 */
class SimulatedLine {
  readonly diary: string[] = [];
  uplinkKbps: number | null = null;
  lineKbps: number;
  readonly outputs: (SimulatedOutput & { backlogKbit: number; confirmedKbps: number; state: OutputState })[];
  #controller = initialCongestion;
  #second = 0;

  constructor(lineKbps: number, outputs: SimulatedOutput[]) {
    this.lineKbps = lineKbps;
    this.outputs = outputs.map((output) => ({ state: 'live', ...output, backlogKbit: 0, confirmedKbps: 0 }));
  }

  run(seconds: number): this {
    for (let passed = 0; passed < seconds; passed++) {
      this.#second += 1;
      this.#transmit();
      const { state, actions } = stepCongestion(
        this.#controller,
        this.outputs.map((output) => this.#load(output)),
        this.uplinkKbps,
        this.#second * 1000,
      );
      this.#controller = state;
      for (const action of actions) this.#obey(action);
    }
    return this;
  }

  get live(): string[] {
    return this.outputs.filter((output) => output.state === 'live').map((output) => output.id);
  }

  actions(kind: CongestionAction['kind']): string[] {
    return this.diary
      .filter((entry) => entry.includes(` ${kind} `))
      .map((entry) => entry.split(' ')[2] ?? '');
  }

  /** Max-min fair: what one cannot use goes to the others. */
  #transmit(): void {
    let leftKbps = this.lineKbps;
    const senders = this.outputs
      .filter((output) => output.state === 'live' && output.isNetwork !== false)
      .map((output) => ({
        output,
        canKbps: Math.min(output.peerKbps ?? 1e9, output.wantedKbps + output.backlogKbit),
      }))
      .sort((a, b) => a.canKbps - b.canKbps);
    for (const [index, { output, canKbps }] of senders.entries()) {
      const shareKbps = Math.min(canKbps, leftKbps / (senders.length - index));
      leftKbps -= shareKbps;
      output.confirmedKbps = shareKbps;
      const limitKbit = (output.wantedKbps * QUEUE_LIMIT_MS) / 1000;
      output.backlogKbit = Math.min(
        limitKbit,
        Math.max(0, output.backlogKbit + output.wantedKbps - shareKbps),
      );
    }
  }

  #load(output: (typeof this.outputs)[number]): OutputLoad {
    const { id, priority, state, confirmedKbps, wantedKbps, isNetwork = true } = output;
    return {
      id,
      priority,
      state,
      confirmedKbps,
      wantedKbps,
      isNetwork,
      queueMs: (output.backlogKbit * 1000) / wantedKbps,
    };
  }

  #obey(action: CongestionAction): void {
    const output = this.outputs.find(({ id }) => id === action.id);
    if (output === undefined) throw new Error(`no output ${action.id}`);
    this.diary.push(
      `${this.#second} ${action.kind} ${action.kind === 'suggestBitrate' ? action.bitrateKbps : action.id}`,
    );
    if (action.kind === 'suggestBitrate') output.wantedKbps = action.bitrateKbps;
    else output.state = action.kind === 'pause' ? 'paused' : 'live';
    if (action.kind === 'pause') Object.assign(output, { backlogKbit: 0, confirmedKbps: 0 });
  }
}

const three: SimulatedOutput[] = [
  { id: 'youtube', priority: 90, wantedKbps: 6000 },
  { id: 'twitch', priority: 50, wantedKbps: 6000 },
  { id: 'client', priority: 10, wantedKbps: 6000 },
];

describe('a line that carries everything', () => {
  it('is left alone', () => {
    expect(new SimulatedLine(20_000, three).run(600).diary).toEqual([]);
  });
});

describe('a line that is too small', () => {
  it('the lowest priority gives way, and no more than needed', () => {
    const line = new SimulatedLine(13_000, three).run(40);
    expect(line.live).toEqual(['youtube', 'twitch']);
    expect(Number(line.diary[0]?.split(' ')[0])).toBeLessThanOrEqual(15);
  });

  it('then the next, until only the first is left, and that one gets a bitrate that fits', () => {
    const line = new SimulatedLine(4000, three).run(60);
    expect(line.live).toEqual(['youtube']);
    expect(line.actions('pause')).toEqual(['client', 'twitch']);
    const bitrates = line.actions('suggestBitrate').map(Number);
    expect(bitrates[0]).toBeLessThanOrEqual(4000);
    expect(bitrates[0]).toBeGreaterThan(3500);
  });

  it('among equals the last of the list gives way', () => {
    const equals = three.map((output) => ({ ...output, priority: 50 }));
    expect(new SimulatedLine(13_000, equals).run(40).actions('pause')).toEqual(['client']);
  });

  it('a recording is never paused', () => {
    const outputs = [...three, { id: 'recording', priority: 1, wantedKbps: 6000, isNetwork: false }];
    expect(new SimulatedLine(4000, outputs).run(60).live).toEqual(['youtube', 'recording']);
  });

  it('that recovers gets its destinations back one at a time, the most important first', () => {
    const line = new SimulatedLine(5000, three).run(60);
    line.lineKbps = 100_000;
    line.run(400);
    expect(line.live).toEqual(['youtube', 'twitch', 'client']);
    expect(line.actions('resume')).toEqual(['twitch', 'client']);
    expect(line.outputs[0]?.wantedKbps).toBe(6000);
    const times = line.diary
      .filter((entry) => entry.includes('resume'))
      .map((entry) => Number(entry.split(' ')[0]));
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(20);
  });

  it('that does not recover is tried ever more rarely', () => {
    const line = new SimulatedLine(13_000, three).run(3600);
    expect(line.actions('resume').length).toBeGreaterThanOrEqual(3);
    expect(line.actions('resume').length).toBeLessThanOrEqual(12);
    expect(line.actions('pause').every((id) => id === 'client')).toBe(true);
  });

  it('the bitrate rises again in steps, and stays down where the line ends', () => {
    const line = new SimulatedLine(4000, [{ id: 'youtube', priority: 90, wantedKbps: 6000 }]).run(1800);
    const wanted = line.outputs[0]?.wantedKbps ?? 0;
    expect(wanted).toBeLessThanOrEqual(4400);
    expect(line.actions('suggestBitrate').length).toBeLessThanOrEqual(30);
    expect(line.outputs[0]?.confirmedKbps).toBeGreaterThan(3000);
  });

  it('the bitrate never goes below the floor', () => {
    const line = new SimulatedLine(50, [{ id: 'youtube', priority: 90, wantedKbps: 6000 }]).run(300);
    expect(line.outputs[0]?.wantedKbps).toBe(300);
  });
});

describe('one slow destination', () => {
  it.each(['youtube', 'twitch', 'client'])('%s beside others that do well pauses nobody', (slow) => {
    const outputs = three.map((output) => (output.id === slow ? { ...output, peerKbps: 1000 } : output));
    expect(new SimulatedLine(100_000, outputs).run(600).diary).toEqual([]);
  });

  it('nor do two that are slow for reasons of their own', () => {
    const outputs = three.map((output) => (output.id === 'youtube' ? output : { ...output, peerKbps: 1000 }));
    expect(new SimulatedLine(100_000, outputs).run(600).diary).toEqual([]);
  });

  it('does not lower the bitrate of the others', () => {
    const outputs = [
      { id: 'youtube', priority: 90, wantedKbps: 6000, state: 'retrying' as const },
      { id: 'client', priority: 10, wantedKbps: 6000, peerKbps: 1000 },
    ];
    expect(new SimulatedLine(100_000, outputs).run(120).diary).toEqual([]);
  });
});

describe('an uplink that the user has named', () => {
  it('is kept to before anything fails', () => {
    const line = new SimulatedLine(100_000, three);
    line.uplinkKbps = 13_000;
    line.run(3);
    expect(line.live).toEqual(['youtube', 'twitch']);
    line.run(600);
    expect(line.live).toEqual(['youtube', 'twitch']);
  });

  it('lets a destination back in when another one ends', () => {
    const line = new SimulatedLine(100_000, three);
    line.uplinkKbps = 13_000;
    line.run(30);
    const twitch = line.outputs.find(({ id }) => id === 'twitch');
    if (twitch) twitch.state = 'off';
    line.run(60);
    expect(line.live).toEqual(['youtube', 'client']);
  });

  it('that is raised lets them back in one at a time', () => {
    const line = new SimulatedLine(100_000, three);
    line.uplinkKbps = 7000;
    line.run(30);
    expect(line.live).toEqual(['youtube']);
    line.uplinkKbps = 50_000;
    line.run(100);
    const times = line.diary
      .filter((entry) => entry.includes('resume'))
      .map((entry) => Number(entry.split(' ')[0]));
    expect(line.actions('resume')).toEqual(['twitch', 'client']);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(20);
  });

  it('never silences the only destination', () => {
    const line = new SimulatedLine(100_000, three.slice(0, 1));
    line.uplinkKbps = 1000;
    expect(line.run(60).diary).toEqual([]);
  });
});

describe('what others do', () => {
  it('a destination that the user took up again is no longer ours to resume', () => {
    const line = new SimulatedLine(13_000, three).run(40);
    const client = line.outputs.find(({ id }) => id === 'client');
    if (client) client.state = 'off';
    line.run(600);
    expect(line.actions('resume')).toEqual([]);
  });

  it('a bitrate that the user changed stays as it is', () => {
    const line = new SimulatedLine(4000, [{ id: 'youtube', priority: 90, wantedKbps: 6000 }]).run(30);
    const [youtube] = line.outputs;
    if (youtube) youtube.wantedKbps = 2000;
    const before = line.diary.length;
    line.run(300);
    expect(line.diary.length).toBe(before);
  });
});
