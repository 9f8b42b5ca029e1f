import { describe, expect, it } from 'vitest';
import type { Amf0Value } from '../../../../main/media/rtmp/amf0.ts';
import { parseCommand, type RtmpCommand } from '../../../../main/media/rtmp/commandMessage.ts';
import { PublishNegotiation, unpublishMessages } from '../../../../main/media/rtmp/publishNegotiation.ts';
import type { RtmpMessage } from '../../../../main/media/rtmp/rtmpMessage.ts';

const request = { app: 'live', tcUrl: 'rtmp://h/live', streamName: 'k?a=b', windowBytes: 125_000 };
const says = (name: string, transactionId: number, ...values: Amf0Value[]): RtmpCommand => ({
  name,
  transactionId,
  values,
});
const start = says('onStatus', 0, null, { level: 'status', code: 'NetStream.Publish.Start' });

/** What was sent, in words. */
function text(messages: readonly RtmpMessage[]): string[] {
  return messages.map((message) => {
    const command = parseCommand(message);
    if (command === null) return `type ${message.typeId}: ${message.payload.toString('hex')}`;
    return `${message.streamId}: ${command.name} ${command.transactionId} ${JSON.stringify(command.values)}`;
  });
}

function sent(negotiation: PublishNegotiation, command: RtmpCommand): string[] {
  const step = negotiation.receive(command);
  return step.kind === 'wait' ? text(step.send) : [step.kind];
}

/** A negotiation that has come to the given step. */
function at(step: 'createStream' | 'publish'): PublishNegotiation {
  const negotiation = new PublishNegotiation(request);
  negotiation.receive(says('_result', 1, {}, {}));
  if (step === 'publish') negotiation.receive(says('_result', 4, null, 7));
  expect(negotiation.step).toBe(step);
  return negotiation;
}

describe('PublishNegotiation', () => {
  it('asks for the application with its address', () => {
    const command = parseCommand(new PublishNegotiation(request).begin());
    expect(command).toMatchObject({ name: 'connect', transactionId: 1 });
    expect(command?.values[0]).toMatchObject({
      app: 'live',
      tcUrl: 'rtmp://h/live',
      type: 'nonprivate',
      capsEx: 1,
    });
  });

  it('goes from connect over createStream to publish, with the key as typed', () => {
    const negotiation = new PublishNegotiation(request);
    expect(sent(negotiation, says('_result', 1, {}, { code: 'NetConnection.Connect.Success' }))).toEqual([
      'type 5: 0001e848',
      'type 1: 0000ffff',
      '0: releaseStream 2 [null,"k?a=b"]',
      '0: FCPublish 3 [null,"k?a=b"]',
      '0: createStream 4 [null]',
    ]);
    expect(sent(negotiation, says('_result', 4, null, 7))).toEqual(['7: publish 5 [null,"k?a=b","live"]']);
    expect(negotiation.receive(start)).toEqual({ kind: 'published', streamId: 7 });
  });

  it.each([
    [
      'an error to releaseStream',
      'createStream',
      says('_error', 2, null, { level: 'error', code: 'NetConnection.Call.Failed' }),
    ],
    [
      'an error to FCPublish',
      'publish',
      says('_error', 3, null, { level: 'error', code: 'NetConnection.Call.Failed' }),
    ],
    ['onBWDone', 'createStream', says('onBWDone', 0, null)],
    [
      'onFCPublish',
      'publish',
      says('onFCPublish', 0, null, { code: 'NetStream.Publish.Start', level: 'status' }),
    ],
    ['a second result of connect', 'createStream', says('_result', 1, {}, {})],
    [
      'a status that is not the start',
      'publish',
      says('onStatus', 0, null, { level: 'status', code: 'NetStream.Play.Reset' }),
    ],
    ['a start before publish', 'createStream', start],
  ] as const)('is not led astray by %s', (_name, step, command) => {
    const negotiation = at(step);
    expect(negotiation.receive(command)).toEqual({ kind: 'wait', send: [] });
    expect(negotiation.step).toBe(step);
  });

  it.each([
    [
      'connect',
      new PublishNegotiation(request),
      says('_error', 1, null, { level: 'error', code: 'NetConnection.Connect.Rejected' }),
    ],
    [
      'connect',
      new PublishNegotiation(request),
      says('_result', 1, {}, { level: 'error', code: 'NetConnection.Connect.Rejected' }),
    ],
    ['connect', new PublishNegotiation(request), says('close', 0, null)],
    [
      'createStream',
      at('createStream'),
      says('_error', 4, null, { level: 'error', code: 'NetStream.Failed' }),
    ],
    [
      'publish',
      at('publish'),
      says('onStatus', 0, null, { level: 'error', code: 'NetStream.Publish.BadName' }),
    ],
  ])('is refused at %s', (step, negotiation, command) => {
    expect(negotiation.receive(command)).toMatchObject({ kind: 'refused', step });
  });

  it.each([undefined, 'one', 1.5, -1, 2 ** 32, Number.NaN])('does not take %j for a stream', (streamId) => {
    expect(() => at('createStream').receive(says('_result', 4, null, streamId))).toThrow('without a number');
  });
});

describe('unpublishMessages', () => {
  it('take the name back and delete the stream', () => {
    expect(text(unpublishMessages(7, 'k'))).toEqual([
      '0: FCUnpublish 6 [null,"k"]',
      '0: deleteStream 7 [null,7]',
    ]);
  });
});
