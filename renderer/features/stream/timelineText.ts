/** Timeline events in the user's language, by kind and data. A kind that is not known here is told in the engine's words. */
import type { TFunction } from 'i18next';
import type { OutputStatus, TimelineEvent } from '../../../main/contract/streams.ts';
import { fileName } from '../../components/format.ts';
import { fieldOf } from './streamFacts.ts';

/** What a sentence needs beside its kind. An event without it is told in the engine's words. */
const SENTENCES = {
  broadcastStarted: [],
  broadcastResumed: [],
  broadcastEnded: [],
  sourceOnAir: [],
  sourceReturned: [],
  sourceLost: [],
  slateShown: [],
  encoderStarted: ['encoder'],
  encoderReplaced: ['encoder'],
  qualityChanged: ['bitrateKbps'],
  outputAdded: ['output'],
  outputRemoved: ['output'],
  outputLive: ['output'],
  outputLost: ['output'],
  outputFailed: ['output'],
  outputPaused: ['output'],
  outputStopped: ['output'],
  framesDropped: ['output', 'count'],
  textChanged: ['text'],
  clipSaved: ['file'],
  markerAdded: ['message'],
} as const satisfies Record<string, readonly string[]>;

type Kind = keyof typeof SENTENCES;

export function describeEvent(
  t: TFunction,
  event: TimelineEvent,
  outputs: readonly Pick<OutputStatus, 'id' | 'name'>[],
): string {
  const { kind, message } = event;
  const facts = factsOf(event, outputs);
  if (!isKnown(kind) || SENTENCES[kind].some((need) => facts[need] === undefined)) return message;
  const sentence = t(`event.${kind}`, { ...facts, defaultValue: message });
  const reason = reasonOf(t, event);
  return reason === null ? sentence : `${sentence} ${reason}.`;
}

function isKnown(kind: string): kind is Kind {
  return Object.hasOwn(SENTENCES, kind);
}

function factsOf(
  { data, message, outputId }: TimelineEvent,
  outputs: readonly Pick<OutputStatus, 'id' | 'name'>[],
): Record<string, unknown> {
  const path = data.path ?? data.file;
  return {
    ...data,
    message,
    output: outputs.find(({ id }) => id === outputId)?.name ?? data.name,
    count: data.count ?? data.frames,
    file: typeof path === 'string' ? fileName(path) : undefined,
  };
}

/** Why, where the event carries a code of the error registry. */
function reasonOf(t: TFunction, { data }: TimelineEvent): string | null {
  const code = data.code ?? fieldOf(data.reason, 'code') ?? fieldOf(data.problem, 'code');
  if (typeof code !== 'string') return null;
  const title = t(`errors.${code}.title`, { defaultValue: '' });
  return title === '' ? null : title;
}
