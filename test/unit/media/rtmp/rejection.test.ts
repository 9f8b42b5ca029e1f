import { describe, expect, it } from 'vitest';
import {
  isRefusal,
  parseStatus,
  type RejectedStep,
  rejectionError,
} from '../../../../main/media/rtmp/rejection.ts';

const asIs = (text: string): string => text;
const status = (code: string, description = '', level = 'error') => parseStatus({ level, code, description });

describe('rejectionError', () => {
  it.each<[RejectedStep, string, string, string]>([
    ['publish', 'NetStream.Publish.BadName', 'Already publishing', 'destination.in_use'],
    ['publish', 'NetStream.Publish.BadName', 'Stream name is already in use', 'destination.in_use'],
    ['publish', 'NetStream.Publish.BadName', '', 'destination.in_use'],
    ['publish', 'NetStream.Publish.BadName', 'Invalid stream key', 'destination.auth_rejected'],
    ['publish', 'NetStream.Publish.BadName', 'Access denied', 'destination.auth_rejected'],
    ['publish', 'NetStream.publish.Unauthorized', 'Authorization required.', 'destination.auth_rejected'],
    ['publish', 'NetStream.Publish.Denied', 'no', 'destination.auth_rejected'],
    ['publish', 'NetStream.Publish.Failed', 'the stream key has expired', 'destination.auth_rejected'],
    ['publish', 'NetStream.Publish.Failed', 'out of disk', 'destination.publish_rejected'],
    [
      'connect',
      'NetConnection.Connect.Rejected',
      '[ AccessManager.Reject ] : [ code=403 need auth ]',
      'destination.auth_rejected',
    ],
    ['connect', 'NetConnection.Connect.Rejected', 'Application not found', 'destination.publish_rejected'],
    ['connect', 'NetConnection.Connect.InvalidApp', '', 'destination.publish_rejected'],
    ['connect', 'NetConnection.Connect.AppShutdown', '', 'destination.disconnected'],
    ['live', 'NetStream.Publish.Failed', 'transcoder restarted', 'destination.disconnected'],
    ['live', 'NetConnection.Connect.Closed', '', 'destination.disconnected'],
  ])('at %s, %s (%s) means %s', (step, code, description, expected) => {
    expect(rejectionError(status(code, description), step, asIs).code).toBe(expected);
  });

  it('quotes the server, scrubbed, on one line and shortened', () => {
    const said = `bad stream SECRETx7\r\n${'x'.repeat(500)}`;
    const scrub = (text: string): string => text.replaceAll('SECRETx7', '[redacted]');
    const { detail } = rejectionError(status('NetStream.Publish.BadName', said), 'publish', scrub);
    expect(detail).toContain('"NetStream.Publish.BadName bad stream [redacted] xxx');
    expect(detail?.length).toBeLessThan(250);
    expect(rejectionError(status(''), 'publish', asIs).detail).toBe('the server answered nothing more');
  });
});

describe('parseStatus', () => {
  it('finds a redirect in ex', () => {
    expect(parseStatus({ code: 'c', ex: { code: 302, redirect: 'rtmp://other/live' } }).redirectUrl).toBe(
      'rtmp://other/live',
    );
    expect(status('c').redirectUrl).toBeNull();
  });

  it('takes anything', () => {
    for (const value of [undefined, null, 'text', [1], 5]) expect(isRefusal(parseStatus(value))).toBe(false);
  });

  it('tells a refusal by its code where the level is missing', () => {
    expect(isRefusal(status('NetConnection.Connect.Rejected', '', ''))).toBe(true);
    expect(isRefusal(status('NetStream.Publish.Start', '', 'status'))).toBe(false);
  });
});
