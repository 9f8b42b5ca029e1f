/**
 * The conversation that turns a connection into a running publish, as a state machine without I/O: commands of the
 * server in, messages for the server out. Source: RTMP 1.0, 7.2; FCPublish and releaseStream as every encoder since
 * Flash Media Live Encoder sends them; Enhanced RTMP v2 for the capability fields.
 *
 *   connecting ──_result──▶ creating ──_result──▶ publishing ──onStatus Publish.Start──▶ published
 *       └────────_error, refusing onStatus, close────────┴──────────────┴──▶ refused
 */
import { malformed } from '../flv/malformed.ts';
import type { Amf0Object } from './amf0.ts';
import { commandMessage, type RtmpCommand } from './commandMessage.ts';
import { setChunkSize, windowAcknowledgementSize } from './protocolControl.ts';
import { isRefusal, parseStatus, type RejectedStep, type ServerStatus } from './rejection.ts';
import type { RtmpMessage } from './rtmpMessage.ts';

/** Most messages are one chunk; the largest size that no server objects to. */
const PUBLISH_CHUNK_BYTES = 65_535;
const FLASH_VERSION = 'FMLE/3.0 (streamware)';

const transaction = { connect: 1, releaseStream: 2, fcPublish: 3, createStream: 4, publish: 5 } as const;

export interface PublishRequest {
  readonly app: string;
  readonly tcUrl: string;
  /** The stream key, exactly as the server shall get it. */
  readonly streamName: string;
  readonly windowBytes: number;
}

export type NegotiationStep =
  | { readonly kind: 'wait'; readonly send: readonly RtmpMessage[] }
  | { readonly kind: 'published'; readonly streamId: number }
  | { readonly kind: 'refused'; readonly step: RejectedStep; readonly status: ServerStatus };

export class PublishNegotiation {
  readonly #request: PublishRequest;
  #step: RejectedStep = 'connect';
  #streamId = 0;

  constructor(request: PublishRequest) {
    this.#request = request;
  }

  get step(): RejectedStep {
    return this.#step;
  }

  /** The first message, to be sent after the handshake. */
  begin(): RtmpMessage {
    return commandMessage(0, 'connect', transaction.connect, connectObject(this.#request));
  }

  /** Takes a command of the server. Throws `media.malformed` when it makes no sense. */
  receive(command: RtmpCommand): NegotiationStep {
    if (command.name === 'onStatus') return this.#onStatus(parseStatus(command.values[1]));
    if (command.name === '_error') return this.#onError(command);
    if (command.name === '_result') return this.#onResult(command);
    if (command.name === 'close') return this.#refused(parseStatus(command.values[1]));
    return wait(); // onBWDone, onFCPublish and others need no answer.
  }

  #onResult({ transactionId, values }: RtmpCommand): NegotiationStep {
    if (transactionId === transaction.connect && this.#step === 'connect') {
      const status = parseStatus(values[1]);
      if (isRefusal(status)) return this.#refused(status);
      this.#step = 'createStream';
      return wait(...this.#afterConnect());
    }
    if (transactionId === transaction.createStream && this.#step === 'createStream') {
      const streamId = values[1];
      if (
        typeof streamId !== 'number' ||
        !Number.isInteger(streamId) ||
        streamId < 0 ||
        streamId > 0xffffffff
      ) {
        throw malformed('the server created a stream without a number');
      }
      this.#streamId = streamId;
      this.#step = 'publish';
      const { streamName } = this.#request;
      return wait(commandMessage(streamId, 'publish', transaction.publish, null, streamName, 'live'));
    }
    return wait();
  }

  #onError({ transactionId, values }: RtmpCommand): NegotiationStep {
    // Servers without releaseStream and FCPublish say so, and publish all the same.
    const isMinor = transactionId === transaction.releaseStream || transactionId === transaction.fcPublish;
    if (isMinor && this.#step !== 'connect') return wait();
    return this.#refused(parseStatus(values[1] ?? values[0]));
  }

  #onStatus(status: ServerStatus): NegotiationStep {
    if (isRefusal(status)) return this.#refused(status);
    const isStart = /^netstream\.publish\.start$/i.test(status.code);
    return isStart && this.#step === 'publish' ? { kind: 'published', streamId: this.#streamId } : wait();
  }

  #refused(status: ServerStatus): NegotiationStep {
    return { kind: 'refused', step: this.#step, status };
  }

  #afterConnect(): RtmpMessage[] {
    const { streamName, windowBytes } = this.#request;
    return [
      windowAcknowledgementSize(windowBytes),
      setChunkSize(PUBLISH_CHUNK_BYTES),
      commandMessage(0, 'releaseStream', transaction.releaseStream, null, streamName),
      commandMessage(0, 'FCPublish', transaction.fcPublish, null, streamName),
      commandMessage(0, 'createStream', transaction.createStream, null),
    ];
  }
}

/** The messages that end a publish. */
export function unpublishMessages(streamId: number, streamName: string): RtmpMessage[] {
  return [
    commandMessage(0, 'FCUnpublish', transaction.publish + 1, null, streamName),
    commandMessage(0, 'deleteStream', transaction.publish + 2, null, streamId),
  ];
}

function wait(...send: RtmpMessage[]): NegotiationStep {
  return { kind: 'wait', send };
}

const CAN_ENCODE = 2;
const CAN_RECONNECT = 1;

function connectObject(request: PublishRequest): Amf0Object {
  return {
    app: request.app,
    type: 'nonprivate',
    flashVer: FLASH_VERSION,
    swfUrl: request.tcUrl,
    tcUrl: request.tcUrl,
    fourCcList: ['hvc1', 'av01', 'vp09'],
    videoFourCcInfoMap: { hvc1: CAN_ENCODE, av01: CAN_ENCODE, vp09: CAN_ENCODE },
    audioFourCcInfoMap: { Opus: CAN_ENCODE },
    capsEx: CAN_RECONNECT,
  };
}
