import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StreamwareError } from '../../../../main/contract/errors.ts';
import { delay } from '../../../../main/lib/clock.ts';
import { createLogger, type LogRecord, nullLogger } from '../../../../main/lib/logger.ts';
import type { MediaTag } from '../../../../main/media/flv/mediaTag.ts';
import type { OutputSession, SessionProgress } from '../../../../main/media/outputs/outputSession.ts';
import {
  OutputSupervisor,
  type OutputSupervisorEvents,
  type OutputSupervisorOptions,
} from '../../../../main/media/outputs/outputSupervisor.ts';
import { ProgramClock } from '../../../../main/media/relay/programClock.ts';
import { Relay } from '../../../../main/media/relay/relay.ts';
import { createFakeClock, type FakeClock } from '../../../helpers/fakeClock.ts';
import {
  isStrictlyIncreasing,
  LiveSource,
  largestGapMs,
  neverGoesBack,
  RecordingSink,
} from '../relay/sampleTags.ts';

/** What the far side does. */
type Behaviour =
  | 'accepts'
  | 'acceptsSilently'
  /** As a muxer does that is not connected yet: it asks for more, and has passed nothing on. */
  | 'takesNothing'
  | 'closesSlowly'
  | 'refuses'
  | 'neverAnswers'
  | 'rejectsKey'
  | 'hangsUp';

/** A destination in memory: confirms what it reads, reads only while it is not frozen. */
class Destination implements OutputSession {
  readonly received = new RecordingSink();
  readonly ended: Promise<StreamwareError | null>;
  onDrain: () => void = () => undefined;
  isFrozen = false;
  isCloseStuck = false;
  closedWithGraceMs: number | null = null;
  signal: AbortSignal | null = null;
  readonly behaviour: Behaviour;
  #settle: (error: StreamwareError | null) => void = () => undefined;
  #waiting: MediaTag[] = [];
  #bytes = 0;

  constructor(behaviour: Behaviour) {
    this.behaviour = behaviour;
    this.isFrozen = behaviour === 'takesNothing';
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  async open(signal: AbortSignal): Promise<void> {
    this.signal = signal;
    if (this.behaviour === 'refuses') throw new StreamwareError('destination.refused');
    if (this.behaviour === 'rejectsKey') throw new StreamwareError('destination.auth_rejected');
    if (this.behaviour !== 'neverAnswers') return;
    await new Promise((_, reject) => signal.addEventListener('abort', reject));
  }

  write(tag: MediaTag): boolean {
    if (this.isFrozen) {
      this.#waiting.push(tag);
      return this.behaviour === 'takesNothing';
    }
    this.#take(tag);
    return true;
  }

  thaw(): void {
    this.isFrozen = false;
    for (const tag of this.#waiting) this.#take(tag);
    this.#waiting = [];
    this.onDrain();
  }

  drop(error: StreamwareError): void {
    this.#settle(error);
  }

  progress(): SessionProgress {
    const bytesPending = this.#waiting.reduce((sum, tag) => sum + tag.payload.length, 0);
    const bytesConfirmed = this.behaviour === 'acceptsSilently' ? 0 : this.#bytes;
    return { bytesSent: this.#bytes, bytesConfirmed, bytesPending, rttMs: 12 };
  }

  async close(graceMs: number): Promise<void> {
    this.closedWithGraceMs = graceMs;
    if (this.isCloseStuck) return new Promise(() => undefined);
    if (this.behaviour === 'closesSlowly') await delay(clock, 300);
    this.#settle(null);
  }

  #take(tag: MediaTag): void {
    this.#bytes += tag.payload.length;
    this.received.push(tag);
    if (this.behaviour === 'hangsUp' && tag.kind === 'video' && tag.frame === 'inter') {
      this.#settle(new StreamwareError('destination.disconnected'));
    }
  }
}

let clock: FakeClock;
let relay: Relay;
let source: LiveSource;
let sessions: Destination[];
/** What the next attempts meet; the last one stays in force. */
let plan: Behaviour[];
let changes: string[];
let supervisor: OutputSupervisor;

function create(options: Partial<OutputSupervisorOptions> = {}): OutputSupervisor {
  const created = new OutputSupervisor({
    clock,
    logger: nullLogger,
    relay,
    random: () => 0.5,
    createSession: () => {
      const session = new Destination((plan.length > 1 ? plan.shift() : plan[0]) ?? 'accepts');
      sessions.push(session);
      return session;
    },
    ...options,
  });
  created.events.on('stateChanged', ({ from, to, reason }) => {
    changes.push(`${from} → ${to}${reason === null ? '' : ` (${reason.code})`}`);
  });
  return created;
}

beforeEach(async () => {
  clock = createFakeClock();
  relay = new Relay({ clock, program: new ProgramClock(clock), logger: nullLogger });
  source = new LiveSource(clock, relay.attachSource('source'));
  sessions = [];
  plan = ['accepts'];
  changes = [];
  supervisor = create();
  await source.run(3000);
});

afterEach(async () => {
  const stopped = supervisor.stop(0);
  await clock.advance(6000);
  await stopped;
  expect(relay.stats().sinks).toBe(0);
  relay.close();
  expect(clock.pendingTimers).toBe(0);
});

function session(index: number): Destination {
  const found = sessions[index];
  if (found === undefined) throw new Error(`there was no session ${index}`);
  return found;
}

describe('start', () => {
  it('goes live once the far side has taken the stream, not before', async () => {
    supervisor.start();
    await source.run(200);
    expect(supervisor.state).toBe('connecting');
    await source.run(800);
    expect(changes).toEqual(['off → connecting', 'connecting → live']);
    expect(supervisor.status()).toMatchObject({
      order: 'on',
      state: 'live',
      attempt: 0,
      reason: null,
      rttMs: 12,
    });
    expect(supervisor.status().liveSince).toBeGreaterThan(0);
  });

  it('begins with metadata, headers and the cached key frame, at once', async () => {
    supervisor.start();
    await clock.advance(1);
    const { received } = session(0);
    expect(received.outline.slice(0, 4)).toEqual(['metadata', 'video header', 'audio header', 'key']);
    expect(received.pictures[0]?.timestampMs).toBe(2000);
    expect(supervisor.status().firstFrameAfterMs).toBeLessThanOrEqual(1);
  });

  it('counts no frame as sent that was only put aside for a far side which takes nothing', async () => {
    plan = ['takesNothing'];
    supervisor.start();
    await source.run(1000);
    expect(session(0).progress().bytesPending).toBeGreaterThan(0);
    expect(supervisor.status()).toMatchObject({ framesSent: 0, firstFrameAfterMs: null });
    session(0).thaw();
    await source.run(100);
    expect(supervisor.status().framesSent).toBeGreaterThan(20);
    expect(supervisor.status().firstFrameAfterMs).toBeLessThanOrEqual(1);
  });

  it('of one that confirms nothing is believed a little later', async () => {
    plan = ['acceptsSilently'];
    supervisor.start();
    await source.run(1400);
    expect(supervisor.state).toBe('connecting');
    await source.run(300);
    expect(supervisor.state).toBe('live');
    await source.run(60_000);
    expect(sessions).toHaveLength(1);
  });

  it('is not live while there is nothing to send', async () => {
    const silentRelay = new Relay({ clock, program: new ProgramClock(clock), logger: nullLogger });
    const waiting = create({ relay: silentRelay });
    waiting.start();
    await clock.advance(20_000);
    expect(waiting.state).toBe('connecting');
    await waiting.stop(0);
    silentRelay.close();
  });

  it('a server that hangs up right after it accepted was never live', async () => {
    plan = ['hangsUp'];
    supervisor.start();
    await source.run(5000);
    expect(changes.filter((change) => change.includes('live'))).toEqual([]);
    expect(sessions.length).toBeGreaterThanOrEqual(5);
    expect(sessions.length).toBeLessThanOrEqual(7);
  });
});

describe('a destination that fails', () => {
  it('is tried at once, then every second, with the reason and the next try shown', async () => {
    plan = ['refuses'];
    supervisor.start();
    await source.run(500);
    expect(supervisor.status()).toMatchObject({ state: 'retrying', attempt: 2 });
    expect(supervisor.status().reason?.code).toBe('destination.refused');
    expect(supervisor.status().retryAt).toBe(clock.nowMs() + 500);
    await source.run(9600);
    expect(sessions).toHaveLength(12);
  });

  it('that refuses the key is not tried again', async () => {
    plan = ['rejectsKey'];
    supervisor.start();
    await source.run(60_000);
    expect(sessions).toHaveLength(1);
    expect(changes).toEqual(['off → connecting', 'connecting → failed (destination.auth_rejected)']);
    plan = ['accepts'];
    supervisor.retryNow();
    await source.run(1000);
    expect(supervisor.state).toBe('live');
  });

  it('that never answers is given up after the time-out', async () => {
    plan = ['neverAnswers', 'accepts'];
    supervisor.start();
    await source.run(9900);
    expect(supervisor.state).toBe('connecting');
    await source.run(1200);
    expect(changes[1]).toBe('connecting → retrying (destination.connect_timeout)');
    expect(supervisor.state).toBe('live');
  });

  it('that breaks while it is written to and while it is closed is lost like any other, and hurts nobody', async () => {
    const other = new RecordingSink();
    const subscription = relay.subscribe(other);
    const broken = create({
      createSession: () => {
        const session = new Destination('accepts');
        session.write = () => {
          throw new Error('a bug');
        };
        session.close = () => {
          throw new Error('another bug');
        };
        return session;
      },
    });
    broken.start();
    await source.run(1000);
    expect(broken.status().reason?.code).toBe('internal.unexpected');
    expect(['retrying', 'connecting']).toContain(broken.state);
    expect(other.pictures.length).toBeGreaterThan(49);
    subscription.unsubscribe();
    await broken.stop(0);
  });

  it('whose session cannot even be made is tried again', async () => {
    const broken = create({
      createSession: () => {
        throw new StreamwareError('ffmpeg.exited');
      },
    });
    broken.start();
    await clock.advance(100);
    expect(broken.state).toBe('retrying');
    await broken.stop(0);
  });

  it('that comes back is sent a clean stream from the cached key frame', async () => {
    supervisor.start();
    await source.run(12_000);
    plan = ['refuses', 'refuses', 'accepts'];
    session(0).drop(new StreamwareError('destination.disconnected'));
    await source.run(3000);
    expect(supervisor.status()).toMatchObject({ state: 'live', reconnects: 1 });
    const { received } = session(3);
    expect(received.outline.slice(0, 4)).toEqual(['metadata', 'video header', 'audio header', 'key']);
    expect(isStrictlyIncreasing(received.pictures)).toBe(true);
    expect(neverGoesBack(received.sounds)).toBe(true);
  });

  it('again and again shortly after going live is not hammered', async () => {
    supervisor.start();
    for (let round = 0; round < 5; round++) {
      await source.run(2000);
      sessions.at(-1)?.drop(new StreamwareError('destination.disconnected'));
    }
    await source.run(100);
    expect(sessions).toHaveLength(5);
    expect(supervisor.state).toBe('retrying');
  });

  it('is told to the log once per change, without a stack of noise', async () => {
    const records: LogRecord[] = [];
    plan = ['refuses', 'accepts'];
    const logged = create({ logger: createLogger((record) => records.push(record)) });
    logged.start();
    await source.run(2000);
    expect(records.map(({ level, fields }) => [level, fields.to])).toEqual([
      ['info', 'connecting'],
      ['warn', 'retrying'],
      ['info', 'connecting'],
      ['info', 'live'],
    ]);
    await logged.stop(0);
  });
});

describe('a destination that freezes', () => {
  it('is noticed by its missing progress within 15 s, and connected anew', async () => {
    supervisor.start();
    await source.run(12_000);
    session(0).isFrozen = true;
    await source.run(15_000);
    expect(changes[2]).toBe('live → retrying (destination.stalled)');
    expect(supervisor.state).toBe('live');
    expect(sessions).toHaveLength(2);
    const { received } = session(1);
    expect(received.outline.slice(0, 4)).toEqual(['metadata', 'video header', 'audio header', 'key']);
    expect(largestGapMs(received.pictures)).toBe(40);
  });

  it('does not hold up a new attempt when its old connection cannot be closed', async () => {
    supervisor.start();
    await source.run(12_000);
    session(0).isFrozen = true;
    session(0).isCloseStuck = true;
    await source.run(15_000);
    expect(supervisor.state).toBe('live');
  });

  it('drops whole groups meanwhile, reported once a second', async () => {
    const reports: OutputSupervisorEvents['framesDropped'][] = [];
    const small = create({ queueLimits: { maxBytes: 1_000_000, maxMs: 2500 } });
    small.events.on('framesDropped', (report) => reports.push(report));
    small.start();
    await source.run(2000);
    const frozen = session(0);
    frozen.isFrozen = true;
    await source.run(7000);
    frozen.thaw();
    await source.run(3000);
    const dropped = small.status().droppedFrames;
    expect(dropped).toBeGreaterThan(50);
    expect(reports.reduce((sum, report) => sum + report.frames, 0)).toBe(dropped);
    expect(reports.length).toBeLessThanOrEqual(4);
    const gapAt = frozen.received.pictures.findIndex(
      (tag, index, all) => index > 0 && tag.timestampMs - (all[index - 1]?.timestampMs ?? 0) > 40,
    );
    expect(frozen.received.pictures[gapAt]?.frame).toBe('key');
    expect(small.state).toBe('live');
    await small.stop(0);
  });

  it('goes on with a key frame, also when a whole group was too much', async () => {
    const longGroups = new Relay({ clock, program: new ProgramClock(clock), logger: nullLogger });
    const long = new LiveSource(clock, longGroups.attachSource('a'), { gopFrames: 250 });
    const small = create({ relay: longGroups, queueLimits: { maxBytes: 1_000_000, maxMs: 2500 } });
    small.start();
    await long.run(2000);
    session(0).isFrozen = true;
    await long.run(5000);
    session(0).thaw();
    await long.run(5000);
    const { pictures } = session(0).received;
    const gapAt = pictures.findIndex(
      (tag, index) => index > 0 && tag.timestampMs - (pictures[index - 1]?.timestampMs ?? 0) > 40,
    );
    expect(pictures[gapAt]).toMatchObject({ frame: 'key', timestampMs: 10_000 });
    await small.stop(0);
    longGroups.close();
  });

  it('is stopped in time', async () => {
    supervisor.start();
    await source.run(2000);
    session(0).isFrozen = true;
    session(0).isCloseStuck = true;
    await source.run(1000);
    let isStopped = false;
    void supervisor.stop(60_000).then(() => {
      isStopped = true;
    });
    await clock.advance(4700);
    expect(isStopped).toBe(false);
    await clock.advance(200);
    expect(isStopped).toBe(true);
    expect(supervisor.status()).toMatchObject({ order: 'off', state: 'off' });
  });
});

describe('stop', () => {
  it('sends what is queued, then ends the session properly', async () => {
    supervisor.start();
    await source.run(2000);
    session(0).isFrozen = true;
    await source.run(500);
    const stopped = supervisor.stop(4000);
    await clock.advance(1000);
    session(0).thaw();
    await stopped;
    expect(session(0).received.pictures.at(-1)?.timestampMs).toBe(5480);
    expect(session(0).closedWithGraceMs).toBe(3000);
    expect(changes.at(-1)).toBe('live → off');
  });

  it('while it connects or waits leaves nothing behind', async () => {
    plan = ['neverAnswers', 'refuses'];
    supervisor.start();
    await source.run(100);
    await supervisor.stop(1000);
    expect(supervisor.state).toBe('off');
    expect(session(0).signal?.aborted).toBe(true);
    supervisor.start();
    await source.run(1500);
    expect(supervisor.state).toBe('retrying');
    await supervisor.stop(1000);
    await source.run(5000);
    expect(supervisor.state).toBe('off');
    expect(supervisor.status().retryAt).toBeNull();
  });

  it('waits for the end of a session that was lost just before', async () => {
    plan = ['closesSlowly', 'accepts'];
    supervisor.start();
    await source.run(1000);
    session(0).drop(new StreamwareError('destination.disconnected'));
    await clock.advance(0);
    let isStopped = false;
    void supervisor.stop(1000).then(() => {
      isStopped = true;
    });
    await clock.advance(200);
    expect(isStopped).toBe(false);
    await clock.advance(200);
    expect(isStopped).toBe(true);
    expect(sessions).toHaveLength(1);
  });

  it('followed by a start begins anew when the stop has ended', async () => {
    supervisor.start();
    await source.run(1000);
    const stopped = supervisor.stop(1000);
    supervisor.start();
    await stopped;
    await source.run(1000);
    expect(changes).toEqual([
      'off → connecting',
      'connecting → live',
      'live → off',
      'off → connecting',
      'connecting → live',
    ]);
    expect(supervisor.status().reconnects).toBe(0);
  });
});

describe('waiting for the next try', () => {
  beforeEach(async () => {
    plan = ['refuses'];
    supervisor.start();
    await source.run(200_000);
    plan = ['accepts'];
  });

  it('ends at once when the network comes back', async () => {
    supervisor.networkChanged();
    await source.run(700);
    expect(supervisor.state).toBe('live');
  });

  it('ends at once when the user says so, and goes on every second if that fails', async () => {
    plan = ['refuses'];
    const before = sessions.length;
    supervisor.retryNow();
    await source.run(5100);
    expect(sessions.length - before).toBe(6);
  });

  it('otherwise lasts up to a minute', async () => {
    const before = sessions.length;
    await source.run(61_000);
    expect(sessions.length - before).toBe(1);
    expect(supervisor.state).toBe('live');
  });
});

describe('pause', () => {
  const congested = new StreamwareError('destination.congested');

  it('disconnects and stays so until resume', async () => {
    supervisor.start();
    await source.run(2000);
    supervisor.pause(congested);
    await source.run(60_000);
    expect(supervisor.status()).toMatchObject({ order: 'on', state: 'paused', liveSince: null });
    expect(supervisor.status().reason?.code).toBe('destination.congested');
    expect(sessions).toHaveLength(1);
    supervisor.resume();
    await source.run(1000);
    expect(supervisor.state).toBe('live');
  });

  it('also while it waits for the next try, and may be stopped in it', async () => {
    plan = ['refuses'];
    supervisor.start();
    await source.run(500);
    supervisor.pause(congested);
    await source.run(10_000);
    expect(sessions).toHaveLength(2);
    await supervisor.stop(1000);
    expect(changes.slice(-2)).toEqual(['retrying → paused (destination.congested)', 'paused → off']);
  });

  it('and resume while the old session still ends makes one new session, not two', async () => {
    plan = ['closesSlowly', 'accepts'];
    supervisor.start();
    await source.run(1000);
    session(0).drop(new StreamwareError('destination.disconnected'));
    await clock.advance(1);
    expect(supervisor.state).toBe('connecting');
    supervisor.pause(congested);
    supervisor.resume();
    await source.run(2000);
    expect(sessions).toHaveLength(2);
    expect(supervisor.state).toBe('live');
  });

  it('means nothing to one that is off or failed', async () => {
    supervisor.pause(congested);
    plan = ['rejectsKey'];
    supervisor.start();
    await source.run(100);
    supervisor.pause(congested);
    supervisor.resume();
    expect(supervisor.state).toBe('failed');
  });
});

describe('figures', () => {
  it('are those of what was delivered', async () => {
    supervisor.start();
    await source.run(10_000);
    const status = supervisor.status();
    expect(status.fps).toBeCloseTo(25, 0);
    expect(status.framesSent).toBe(25 + 250);
    expect(status.bytesSent).toBe(session(0).progress().bytesSent);
    expect(status.bitrateKbps).toBeCloseTo(relay.stats().bitrateKbps, 0);
    expect(supervisor.confirmedKbps).toBeCloseTo(status.bitrateKbps, 5);
    expect(status).toMatchObject({ queueMs: 0, queueBytes: 0, droppedFrames: 0, avOffsetMs: 0 });
  });

  it('count on over reconnects', async () => {
    supervisor.start();
    await source.run(2000);
    session(0).drop(new StreamwareError('destination.disconnected'));
    await source.run(2000);
    const { framesSent } = supervisor.status();
    expect(framesSent).toBe(session(0).received.pictures.length + session(1).received.pictures.length);
  });

  it('show a backlog in milliseconds of the program', async () => {
    supervisor.start();
    await source.run(2000);
    session(0).isFrozen = true;
    await source.run(3000);
    expect(supervisor.status().queueMs).toBeGreaterThan(2800);
    expect(supervisor.status().queueMs).toBeLessThan(3200);
  });
});
