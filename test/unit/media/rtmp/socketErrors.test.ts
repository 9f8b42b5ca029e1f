import { describe, expect, it } from 'vitest';
import { StreamwareError } from '../../../../main/contract/errors.ts';
import { type ConnectionPhase, connectionError } from '../../../../main/media/rtmp/socketErrors.ts';

const errno = (code: string): Error => Object.assign(new Error('it broke'), { code });

describe('connectionError', () => {
  it.each<[ConnectionPhase, string | null, string]>([
    ['connecting', 'ENOTFOUND', 'destination.name_not_found'],
    ['connecting', 'EAI_AGAIN', 'destination.name_not_found'],
    ['connecting', 'ECONNREFUSED', 'destination.refused'],
    ['connecting', 'EHOSTUNREACH', 'destination.unreachable'],
    ['connecting', 'ENETUNREACH', 'destination.unreachable'],
    ['connecting', 'ETIMEDOUT', 'destination.connect_timeout'],
    ['securing', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'destination.tls'],
    ['securing', 'CERT_HAS_EXPIRED', 'destination.tls'],
    ['securing', 'ERR_TLS_CERT_ALTNAME_INVALID', 'destination.tls'],
    ['securing', 'ERR_SSL_WRONG_VERSION_NUMBER', 'destination.protocol'],
    ['securing', 'ECONNRESET', 'destination.disconnected'],
    ['greeting', null, 'destination.disconnected'],
    ['negotiating', 'ECONNRESET', 'destination.disconnected'],
    ['publishing', null, 'destination.publish_unanswered'],
    ['publishing', 'ECONNRESET', 'destination.publish_unanswered'],
    ['live', 'EPIPE', 'destination.disconnected'],
    ['live', 'EHOSTUNREACH', 'destination.unreachable'],
    ['live', null, 'destination.disconnected'],
  ])('while %s, %s is %s', (phase, code, expected) => {
    const error = connectionError(code === null ? null : errno(code), phase, 'a.example');
    expect(error.code).toBe(expected);
  });

  it('is to be tried again whatever happened at publish: a line that breaks there looks like a refusal', () => {
    expect(connectionError(errno('ECONNRESET'), 'publishing', 'h').retryable).toBe(true);
  });

  it('calls unreadable bytes of the server a fault of its protocol, and keeps other typed errors', () => {
    const rubbish = new StreamwareError('media.malformed', {
      detail: 'the other side speaks HTTP, not RTMP',
    });
    expect(connectionError(rubbish, 'greeting', 'h')).toMatchObject({
      code: 'destination.protocol',
      detail: rubbish.detail,
    });
    const stalled = new StreamwareError('destination.stalled');
    expect(connectionError(stalled, 'live', 'h')).toBe(stalled);
  });
});
