/**
 * One relay per rendition. Sources push tags into it on their own timelines; it puts one of them on air, joins them
 * without a seam, keeps the broadcast alive with the slate while there is none, and hands every tag to every sink.
 *
 *                  attach          key frame            other source's key frame
 *   source:  ────────────▶ pending ─────────▶ on air ──────────────────────────▶ replaced
 *
 *   on air:  none ──first key frame──▶ source ──no picture for slateAfterMs──▶ slate
 *              └──none in 2 s, or none that starts within startAfterMs──▶ slate ──key frame──▶ source
 *
 * It runs no process, opens no socket and queues for nobody: a sink that is slow queues for itself.
 * Where the tags go on the timeline: sourceTimeline.ts. When a new source is cut in: splicePlan.ts. What is sent: programOutput.ts.
 */
import type { Clock } from '../../lib/clock.ts';
import { Emitter } from '../../lib/emitter.ts';
import { type AudioTag, at, type DataTag, type MediaTag, type VideoTag } from '../flv/mediaTag.ts';
import { isMetadata } from '../flv/metadata.ts';
import type { Subscription } from './fanOut.ts';
import { Filler } from './filler.ts';
import { Pacemaker } from './pacemaker.ts';
import type { ProgramClock } from './programClock.ts';
import { hasSamePayload, ProgramOutput } from './programOutput.ts';
import type { RelayOptions } from './relayOptions.ts';
import type { OnAir, OnAirReason, RelayEvents, RelayStats } from './relayReports.ts';
import type { SlateClip } from './slateClip.ts';
import { SoundHandover } from './soundHandover.ts';
import { SourceGeneration, type SourceOptions } from './sourceGeneration.ts';
import { SourceTimeline } from './sourceTimeline.ts';
import { planSplice, RUNNING_WITHIN_MS } from './splicePlan.ts';
import type { TagSink, TagSource } from './tagSink.ts';

/** How finely the slate and silence are paced, and how soon a waiting source is looked at. */
const TICK_MS = 40;
/** While the source is on air and nothing else is going on, only its absence is to be noticed: waking costs as much as relaying. */
const CALM_TICK_MS = 200;
/** A picture that is so late holds up no change of source. */
const OVERDUE_INTERVALS = 2;
const NO_SOURCE_AFTER_MS = 2000;

export type { RelayEvents } from './relayReports.ts';

export class Relay {
  readonly events = new Emitter<RelayEvents>();
  readonly #clock: Clock;
  readonly #program: ProgramClock;
  readonly #output: ProgramOutput;
  readonly #filler: Filler;
  readonly #slateAfterMs: number;
  readonly #startAfterMs: number;
  readonly #startedAtMs: number;
  readonly #pacemaker: Pacemaker;
  #current: SourceGeneration | null = null;
  #pending: SourceGeneration | null = null;
  #handover: SoundHandover | null = null;
  #onAir: OnAir = 'none';
  #framesIn = 0;
  #bytesIn = 0;
  #splices = 0;

  constructor(options: RelayOptions) {
    this.#clock = options.clock;
    this.#program = options.program;
    this.#slateAfterMs = options.slateAfterMs ?? 1000;
    this.#startAfterMs = Math.max(this.#slateAfterMs, options.startAfterMs ?? 4000);
    this.#startedAtMs = options.clock.monotonicMs();
    this.#output = new ProgramOutput({
      clock: options.clock,
      gopCache: options.gopCache,
      onSinkFailed: (error: unknown): void => {
        options.logger.error('a sink threw and was taken off the relay', { error });
        this.events.emit('sinkFailed', { error });
      },
    });
    this.#filler = new Filler(options.clock, options.program, this.#output);
    this.#pacemaker = new Pacemaker(options.clock, TICK_MS, () => this.#tick());
  }

  get onAir(): OnAir {
    return this.#onAir;
  }

  /**
   * Adds a source that goes on air with its first key frame, in place of the one before. One source can be waiting:
   * a newer one takes its place. What it pushes before its headers and a key frame came is not shown.
   */
  attachSource(label: string, options: SourceOptions = {}): TagSource {
    const generation = new SourceGeneration(label, options, this.#clock.monotonicMs());
    const superseded = this.#pending;
    this.#pending = generation;
    this.#setPace();
    superseded?.options.onReplaced?.();
    return {
      push: (tag: MediaTag): void => this.#receive(generation, tag),
      end: (): void => this.#end(generation),
    };
  }

  /** The sink gets metadata, headers and the cached group of pictures before this returns, if there is one; then all that comes. */
  subscribe(sink: TagSink): Subscription {
    return this.#output.subscribe(sink);
  }

  /** What to show while the source is away; null for nothing. A running slate changes over at once. Throws a RangeError when the clip does not begin with a key frame. */
  setSlateClip(clip: SlateClip | null): void {
    this.#filler.setClip(clip);
    if (!this.#filler.isSlateOn) return;
    this.#filler.stopSlate();
    this.#filler.startSlate(this.#current === null);
    if (clip === null) this.#setOnAir(this.#hasSound() ? 'source' : 'none', this.#lossReason());
  }

  stats(): RelayStats {
    const current = this.#current;
    const isAllSource =
      this.#onAir === 'source' && current?.isPictureOn === true && !this.#filler.isSilenceOn;
    return {
      ...this.#output.counters(),
      onAir: this.#onAir,
      source: current?.label ?? null,
      framesIn: this.#framesIn,
      bytesIn: this.#bytesIn,
      slateMs: this.#filler.slateMs,
      avOffsetMs: isAllSource ? (current.timeline?.avOffsetMs ?? null) : null,
      splices: this.#splices,
      clockJumps: current?.timeline?.jumps ?? 0,
      sinks: this.#output.sinkCount,
    };
  }

  /** Ends the broadcast of this rendition: sinks and sources are let go. */
  close(): void {
    this.#pacemaker.stop();
    this.#current = null;
    this.#pending = null;
    this.#handover = null;
    this.#output.close();
  }

  #receive(generation: SourceGeneration, tag: MediaTag): void {
    if (generation === this.#handover?.old && tag.kind === 'audio') this.#playOldSound(this.#handover, tag);
    if (generation !== this.#current && generation !== this.#pending) return;
    this.#bytesIn += tag.payload.length;
    if (tag.kind === 'video' && tag.frame !== 'header') this.#framesIn += 1;
    if (generation === this.#current) {
      const isPicture = tag.kind === 'video' && tag.frame !== 'header';
      if (isPicture && this.#trySplice(true)) return;
      this.#play(generation, tag);
    } else {
      if (tag.kind === 'data' && isMetadata(tag.payload)) generation.metadata = tag;
      else generation.hold(tag, this.#clock.monotonicMs());
      this.#trySplice(false);
    }
  }

  #end(generation: SourceGeneration): void {
    generation.hasEnded = true;
    if (generation === this.#pending) this.#pending = null;
  }

  // --- the source on air ---

  #play(generation: SourceGeneration, tag: MediaTag): void {
    if (generation.takeHeader(tag)) return;
    if (tag.kind === 'video') this.#playVideo(generation, tag);
    else if (tag.kind === 'audio') this.#playAudio(generation, tag);
    else this.#playData(generation, tag);
  }

  #playVideo(generation: SourceGeneration, tag: VideoTag): void {
    const { videoHeader, timeline } = generation;
    if (videoHeader === null || timeline === null) return;
    const nowMs = this.#clock.monotonicMs();
    generation.notePicture(nowMs);
    if (!generation.isPictureOn) {
      if (tag.frame !== 'key') return;
      timeline.cutIn(tag.timestampMs, tag.compositionMs, this.#program.nowMs());
    }
    const outMs = timeline.place('video', tag.timestampMs, nowMs);
    if (outMs === null) return;
    if (!generation.isPictureOn) this.#filler.endSlate(outMs, outMs + tag.compositionMs);
    generation.isPictureOn = true;
    generation.hasReportedStall = false;
    this.#output.sendVideo(at(tag, outMs), videoHeader);
    this.#setOnAir('source', 'returned');
  }

  #playAudio(generation: SourceGeneration, tag: AudioTag): void {
    const { audioHeader, timeline } = generation;
    if (timeline === null || (tag.codec === 'aac' && audioHeader === null)) return;
    const nowMs = this.#clock.monotonicMs();
    generation.lastAudioAtMs = nowMs;
    if (this.#handover) {
      this.#handover.hold(tag, tag.timestampMs + timeline.shiftMs);
      if (this.#handover.isOver(nowMs)) this.#endHandover();
      return;
    }
    if (this.#filler.isSilenceOn) timeline.rejoinAudio();
    const outMs = timeline.place('audio', tag.timestampMs, nowMs);
    if (outMs === null) return;
    this.#filler.endSilence(outMs);
    this.#output.sendAudio(at(tag, outMs), audioHeader);
    if (this.#onAir === 'none' || generation.videoHeader === null) this.#setOnAir('source', 'returned');
  }

  #playOldSound(handover: SoundHandover, tag: AudioTag): void {
    const { audioHeader, timeline } = handover.old;
    if (tag.frame === 'header' || timeline === null) return;
    const nowMs = this.#clock.monotonicMs();
    const outMs = timeline.place('audio', tag.timestampMs, nowMs);
    if (outMs !== null) this.#output.sendAudio(at(tag, outMs), audioHeader);
    if (handover.isOver(nowMs)) this.#endHandover();
  }

  #playData(generation: SourceGeneration, tag: DataTag): void {
    const placed = at(tag, generation.timeline?.placeData(tag.timestampMs) ?? 0);
    if (isMetadata(tag.payload)) this.#output.sendMetadata(placed);
    else this.#output.sendData(placed);
  }

  // --- changing over ---

  /** @param isAtPicture the source on air has its next picture ready. Returns whether the pending source took its place. */
  #trySplice(isAtPicture: boolean): boolean {
    const pending = this.#pending;
    if (pending === null || pending.key === null) return false;
    const { key } = pending;
    const { line } = this.#output;
    const frameIntervalMs = line.intervalMs('video');
    const decision = planSplice({
      keyRawMs: key.timestampMs,
      keyHeldForMs: this.#clock.monotonicMs() - pending.keyHeldAtMs,
      isOverfull: pending.isOverfull,
      isOldRunning: this.#isRunning(this.#current),
      isAtPicture: isAtPicture || this.#output.videoAgeMs > OVERDUE_INTERVALS * frameIntervalMs,
      isSlateOn: this.#filler.isSlateOn,
      alignedShiftMs: this.#alignedShift(pending),
      groupShiftMs:
        pending.options.group === undefined ? null : this.#program.findGroupShift(pending.options.group),
      expectedMs: line.expectedMs('video'),
      nextKeyMs: line.nextKeyMs(key.compositionMs),
      frameIntervalMs,
      presentMs: this.#presentMs(),
    });
    if (decision.kind === 'wait') return false;
    this.#splice(pending, decision.shiftMs, key.timestampMs + decision.shiftMs, true);
    return true;
  }

  #isRunning(generation: SourceGeneration | null): boolean {
    if (generation === null || generation.hasEnded || !generation.isPictureOn) return false;
    return (
      this.#clock.monotonicMs() - generation.lastVideoAtMs <= generation.silenceLimitMs(RUNNING_WITHIN_MS)
    );
  }

  #alignedShift(pending: SourceGeneration): number | null {
    const { alignMs } = pending.options;
    const timeline = this.#current?.timeline;
    return alignMs === undefined || !timeline ? null : timeline.shiftMs + alignMs;
  }

  /** Where the output stands: the last picture, and the real time since. Before any picture: the program's clock. */
  #presentMs(): number {
    const lastMs = this.#output.line.lastMs('video');
    return lastMs === null ? this.#program.nowMs() : Math.round(lastMs + this.#output.videoAgeMs);
  }

  #splice(generation: SourceGeneration, shiftMs: number, startMs: number, isPictureOn: boolean): void {
    const previous = this.#current;
    const previousVideoMs = this.#output.line.lastMs('video');
    const nowMs = this.#clock.monotonicMs();
    const wasOnAir = this.#onAir;
    this.#endHandover();
    if (isPictureOn) this.#filler.endSlate(startMs, startMs + (generation.key?.compositionMs ?? 0));
    const isHandedOver = isPictureOn && previous !== null && this.#canHandOver(previous, generation);
    if (isHandedOver) this.#handover = new SoundHandover(previous, this.#output.line, nowMs);
    this.#current = generation;
    this.#pending = null;
    this.#splices += 1;
    generation.timeline = new SourceTimeline(this.#output.line, nowMs);
    generation.timeline.anchor(shiftMs);
    generation.isPictureOn = isPictureOn;
    generation.lastVideoAtMs = nowMs;
    generation.lastAudioAtMs = nowMs;
    const { videoHeader, audioHeader, metadata, options } = generation;
    if (options.group !== undefined && this.#program.findGroupShift(options.group) === null)
      this.#program.setGroupShift(options.group, shiftMs);
    if (metadata) this.#output.sendMetadata(at(metadata, startMs));
    this.#filler.endSilenceFor(audioHeader, startMs);
    this.#output.announce({
      video: videoHeader && at(videoHeader, startMs),
      audio: audioHeader && at(audioHeader, startMs),
    });
    this.#setOnAir('source', previous === null ? 'started' : wasOnAir === 'source' ? 'replaced' : 'returned');
    for (const tag of generation.takeHeld()) this.#play(generation, tag);
    const gapMs = previousVideoMs === null || !isPictureOn ? null : startMs - previousVideoMs;
    this.events.emit('sourceSpliced', { source: generation.label, previous: previous?.label ?? null, gapMs });
    if (!isHandedOver) previous?.options.onReplaced?.();
    generation.options.onSpliced?.();
  }

  /** Whether the old source is still to be heard for a moment: it is, and both sound alike to a decoder. */
  #canHandOver(old: SourceGeneration, next: SourceGeneration): boolean {
    if (old.hasEnded || old.audioHeader === null || next.audioHeader === null) return false;
    const silentMs = this.#clock.monotonicMs() - old.lastAudioAtMs;
    return silentMs <= RUNNING_WITHIN_MS && hasSamePayload(old.audioHeader, next.audioHeader);
  }

  #endHandover(): void {
    const handover = this.#handover;
    if (handover === null) return;
    this.#handover = null;
    if (this.#current) for (const tag of handover.takeWaiting()) this.#playAudio(this.#current, tag);
    handover.old.options.onReplaced?.();
  }

  /** A source without a picture goes on air with its sound from now on; the slate is its picture. */
  #spliceSound(generation: SourceGeneration, nowRawMs: number): void {
    const startMs = this.#output.line.expectedMs('audio') ?? this.#presentMs();
    this.#splice(generation, startMs - nowRawMs, startMs, false);
  }

  // --- when the source is away ---

  #tick(): void {
    this.#look();
    this.#setPace();
  }

  #setPace(): void {
    this.#pacemaker.setInterval(this.#isCalm() ? CALM_TICK_MS : TICK_MS);
  }

  #isCalm(): boolean {
    if (this.#onAir !== 'source' || this.#pending !== null || this.#handover !== null) return false;
    return this.#hasSound() && !this.#filler.isSlateOn && !this.#filler.isSilenceOn;
  }

  #look(): void {
    const soundOnlyMs = this.#pending?.findSoundOnly() ?? null;
    if (this.#pending && soundOnlyMs !== null) this.#spliceSound(this.#pending, soundOnlyMs);
    if (this.#handover?.isOver(this.#clock.monotonicMs())) this.#endHandover();
    this.#trySplice(false);
    this.#watchPicture();
    const hasSound = this.#hasSound();
    this.#filler.runSlate(hasSound);
    if (!hasSound) this.#filler.runSilence();
    if (this.#filler.isSlateOn && !this.#isSoundOnly()) this.#setOnAir('slate', this.#lossReason());
  }

  #watchPicture(): void {
    const current = this.#current;
    if (this.#filler.isSlateOn || !this.#isPictureMissing()) return;
    const hasSound = this.#hasSound();
    if (current?.isPictureOn && !current.hasReportedStall) {
      current.hasReportedStall = true;
      const silentMs = this.#clock.monotonicMs() - current.lastVideoAtMs;
      this.events.emit('sourceStalled', {
        source: current.label,
        silentMs,
        hasEnded: current.hasEnded,
        hasSound,
      });
    }
    if (this.#filler.hasClip && current) current.isPictureOn = false;
    this.#filler.startSlate(this.#current === null);
    if (!this.#filler.isSlateOn && !hasSound) this.#setOnAir('none', this.#lossReason());
  }

  #isPictureMissing(): boolean {
    const nowMs = this.#clock.monotonicMs();
    const current = this.#current;
    const patienceMs = this.#pending === null ? NO_SOURCE_AFTER_MS : this.#startAfterMs;
    if (current === null) return nowMs - this.#startedAtMs > Math.max(this.#slateAfterMs, patienceMs);
    return !current.isPictureOn || nowMs - current.lastVideoAtMs > current.silenceLimitMs(this.#slateAfterMs);
  }

  /** Whether the source on air sends sound, or has only just stopped. */
  #hasSound(): boolean {
    return (
      this.#current !== null && this.#clock.monotonicMs() - this.#current.lastAudioAtMs <= this.#slateAfterMs
    );
  }

  #isSoundOnly(): boolean {
    return this.#current?.videoHeader === null && this.#hasSound();
  }

  #lossReason(): OnAirReason {
    if (this.#current === null) return 'missing';
    return this.#current.hasEnded ? 'ended' : 'stalled';
  }

  #setOnAir(to: OnAir, reason: OnAirReason): void {
    const from = this.#onAir;
    if (from === to) return;
    this.#onAir = to;
    this.events.emit('onAirChanged', { from, to, reason, source: this.#current?.label ?? null });
  }
}
