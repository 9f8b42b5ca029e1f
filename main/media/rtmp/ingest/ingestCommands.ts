/**
 * What the ingest does about each command, as a decision without I/O. Encoders of the FMLE kind (OBS, ffmpeg, librtmp,
 * phones) surround the four commands that matter, connect, createStream, publish and deleteStream, with others
 * that want an answer and nothing else.
 */
import { asObject, type RtmpCommand, textOf } from '../commandMessage.ts';

/** Longer application names and keys are refused, bytes of UTF-8. */
const MAX_NAME_BYTES = 2_048;
const MAX_ENCODER_CHARACTERS = 64;

export type CommandAction =
  | { readonly kind: 'connect'; readonly app: string; readonly encoder: string }
  | { readonly kind: 'rejectConnect'; readonly description: string }
  | { readonly kind: 'createStream' }
  | { readonly kind: 'publish'; readonly name: string }
  | { readonly kind: 'unpublish' }
  | { readonly kind: 'refusePlay' }
  /** Answered with `_result`, with the value if there is one. */
  | { readonly kind: 'answer'; readonly value?: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'ignore' };

/** Commands for which nobody waits, or that steer playing. */
const IGNORED = new Set([
  '_result',
  '_error',
  'onStatus',
  'onBWDone',
  'pause',
  'seek',
  'receiveAudio',
  'receiveVideo',
]);
const ANSWERED = new Set(['releaseStream', 'FCPublish', '_checkbw', 'checkBandwidth', 'FCSubscribe']);
const ENDING = new Set(['FCUnpublish', 'closeStream', 'deleteStream']);

export function decideCommand(command: RtmpCommand): CommandAction {
  const { name, values } = command;
  if (name === 'connect') return decideConnect(command);
  if (name === 'createStream') return { kind: 'createStream' };
  if (name === 'publish') return decidePublish(values[1]);
  if (ENDING.has(name)) return { kind: 'unpublish' };
  if (name === 'play' || name === 'play2') return { kind: 'refusePlay' };
  if (name === 'getStreamLength') return { kind: 'answer', value: 0 };
  if (ANSWERED.has(name)) return { kind: 'answer' };
  return { kind: IGNORED.has(name) ? 'ignore' : 'unknown' };
}

function decideConnect(command: RtmpCommand): CommandAction {
  const properties = asObject(command.values[0]);
  const app = textOf(properties, 'app');
  if (Buffer.byteLength(app) > MAX_NAME_BYTES) {
    return { kind: 'rejectConnect', description: 'The application name is too long.' };
  }
  return { kind: 'connect', app, encoder: printable(textOf(properties, 'flashVer')) };
}

/** `publish(false)` is how ActionScript ends publishing. */
function decidePublish(name: unknown): CommandAction {
  if (name === false) return { kind: 'unpublish' };
  const isUsable = typeof name === 'string' && Buffer.byteLength(name) <= MAX_NAME_BYTES;
  return { kind: 'publish', name: isUsable ? name : '' };
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '').slice(0, MAX_ENCODER_CHARACTERS);
}
