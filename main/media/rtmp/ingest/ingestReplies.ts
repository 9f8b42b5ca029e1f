/** What an RTMP server says, message by message. Source: RTMP 1.0, 7.2; Enhanced RTMP v2, "Enhancing NetConnection connect". */
import { Amf0EcmaArray, type Amf0Object } from '../amf0.ts';
import { commandMessage } from '../commandMessage.ts';
import {
  bandwidthLimit,
  setPeerBandwidth,
  userControl,
  userControlEvent,
  windowAcknowledgementSize,
} from '../protocolControl.ts';
import type { RtmpMessage } from '../rtmpMessage.ts';

/** How often we want to hear from the publisher. */
const WINDOW_BYTES = 2_500_000;
/** For a codec: it may be sent, and is passed on. 1 = can decode, 4 = can forward. */
const ACCEPTED = 5;

/** Before the answer to connect. */
export function greeting(): RtmpMessage[] {
  return [
    windowAcknowledgementSize(WINDOW_BYTES),
    setPeerBandwidth(WINDOW_BYTES, bandwidthLimit.dynamic),
    userControl(userControlEvent.streamBegin, 0),
  ];
}

export function connectAccepted(transactionId: number): RtmpMessage {
  const server = {
    fmsVer: 'FMS/3,0,1,123',
    capabilities: 31,
    mode: 1,
    fourCcList: ['hvc1', 'av01', 'vp09', 'avc1', 'mp4a', 'Opus'],
    videoFourCcInfoMap: { hvc1: ACCEPTED, av01: ACCEPTED, vp09: ACCEPTED, avc1: ACCEPTED },
    audioFourCcInfoMap: { mp4a: ACCEPTED, Opus: ACCEPTED },
  };
  const answer = {
    ...information('status', 'NetConnection.Connect.Success', 'Connection succeeded.'),
    objectEncoding: 0,
    data: new Amf0EcmaArray({ version: '3,0,1,123' }),
  };
  return commandMessage(0, '_result', transactionId, server, answer);
}

export function connectRejected(transactionId: number, description: string): RtmpMessage {
  const answer = information('error', 'NetConnection.Connect.Rejected', description);
  return commandMessage(0, '_error', transactionId, null, answer);
}

/** The answer to a call of which the caller only wants to know that it was heard, or the one value it asked for. */
export function result(transactionId: number, value?: number): RtmpMessage {
  return commandMessage(0, '_result', transactionId, null, value);
}

export function callFailed(transactionId: number): RtmpMessage {
  const answer = information('error', 'NetConnection.Call.Failed', 'This call is not known here.');
  return commandMessage(0, '_error', transactionId, null, answer);
}

export function publishStarted(streamId: number): RtmpMessage[] {
  const answer = information('status', 'NetStream.Publish.Start', 'Publishing.');
  return [
    userControl(userControlEvent.streamBegin, streamId),
    commandMessage(streamId, 'onStatus', 0, null, answer),
  ];
}

/** `BadName` is what servers say about a key in use, `Denied` about one that is not known. */
export type RefusalCode = 'NetStream.Publish.BadName' | 'NetStream.Publish.Denied';

export function publishRefused(streamId: number, code: RefusalCode, description: string): RtmpMessage {
  return commandMessage(streamId, 'onStatus', 0, null, information('error', code, description));
}

export function unpublished(streamId: number): RtmpMessage {
  const answer = information('status', 'NetStream.Unpublish.Success', 'Publishing has ended.');
  return commandMessage(streamId, 'onStatus', 0, null, answer);
}

export function playRefused(streamId: number): RtmpMessage {
  const description =
    'Streams are published here, not played. Watch the HLS address or the destination instead.';
  return commandMessage(
    streamId,
    'onStatus',
    0,
    null,
    information('error', 'NetStream.Play.StreamNotFound', description),
  );
}

function information(level: 'status' | 'error', code: string, description: string): Amf0Object {
  return { level, code, description };
}
