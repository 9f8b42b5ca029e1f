/** Timeline events in the user's language, by kind and data. A kind that is not known here is told in the engine's words. */
import type { TFunction } from 'i18next';
import type { OutputStatus, TimelineEvent } from '../../../main/contract/streams.ts';
import { fileName } from '../../components/format.ts';

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
  encoderReplaced: ['failed'],
  qualityChanged: ['width', 'height', 'fps', 'bitrateKbps'],
  outputAdded: ['output'],
  outputRemoved: ['output'],
  outputLive: ['output'],
  outputLost: ['output'],
  outputFailed: ['output'],
  outputPaused: ['output'],
  outputStopped: ['output'],
  framesDropped: ['output', 'count'],
  outputSlow: ['output'],
  outputKeepsUp: ['output'],
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
  return `${sentence} ${reasonOf(t, event)}`.trim();
}

function isKnown(kind: string): kind is Kind {
  return Object.hasOwn(SENTENCES, kind);
}

function factsOf(
  { data, message, outputId }: TimelineEvent,
  outputs: readonly Pick<OutputStatus, 'id' | 'name'>[],
): Record<string, unknown> {
  return {
    ...data,
    message,
    output: outputs.find(({ id }) => id === outputId)?.name ?? data.name,
    count: data.frames,
    file: typeof data.path === 'string' ? fileName(data.path) : undefined,
  };
}

/** Why, in a sentence: by the code of the error registry that the event carries, or by how the broadcast ended. */
function reasonOf(t: TFunction, { kind, data }: TimelineEvent): string {
  if (kind === 'broadcastEnded') return t(`ended.${String(data.reason)}`, { defaultValue: '' });
  const title = typeof data.code === 'string' ? t(`errors.${data.code}.title`, { defaultValue: '' }) : '';
  return title === '' ? '' : `${title}.`;
}
