import type { Problem } from '../contract/errors.ts';
import type { TimelineEvent } from '../contract/streams.ts';

/** What is worth remembering about a broadcast, before it has a number and a time. */
export interface Occurrence {
  readonly kind: OccurrenceKind;
  readonly severity: TimelineEvent['severity'];
  readonly outputId: string | null;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type OccurrenceKind =
  | 'broadcastStarted'
  | 'broadcastResumed'
  | 'broadcastEnded'
  | 'noticeGiven'
  | 'sourceOnAir'
  | 'sourceReturned'
  | 'sourceLost'
  | 'slateShown'
  | 'encoderStarted'
  | 'encoderReplaced'
  | 'qualityChanged'
  | 'outputAdded'
  | 'outputRemoved'
  | 'outputLive'
  | 'outputLost'
  | 'outputFailed'
  | 'outputPaused'
  | 'outputStopped'
  | 'framesDropped'
  | 'outputSlow'
  | 'outputKeepsUp'
  | 'textChanged'
  | 'clipSaved'
  | 'markerAdded';

type Details = Partial<Pick<Occurrence, 'severity' | 'outputId' | 'data'>>;

/** An occurrence with what is usual filled in: of the whole stream, nothing to worry about. */
export function occurrence(kind: OccurrenceKind, message: string, details: Details = {}): Occurrence {
  return { kind, message, severity: 'info', outputId: null, data: {}, ...details };
}

/** A reason in one sentence, as it stands behind a colon. Never with a secret: problems carry none. */
export function because(problem: Problem | null): string {
  if (!problem) return '';
  const text = problem.detail ?? problem.title;
  return ` ${/[.!?]$/.test(text) ? text : `${text}.`}`;
}
