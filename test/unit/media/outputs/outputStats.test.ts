import { describe, expect, it } from 'vitest';
import { StreamwareError } from '../../../../main/contract/errors.ts';
import {
  combineStatuses,
  type DeliveryStatus,
  SampledRate,
} from '../../../../main/media/outputs/outputStats.ts';

const live: DeliveryStatus = {
  order: 'on',
  state: 'live',
  reason: null,
  attempt: 0,
  retryAt: null,
  liveSince: 1000,
  bitrateKbps: 6000,
  fps: 30,
  framesSent: 900,
  bytesSent: 5000,
  droppedFrames: 1,
  reconnects: 1,
  queueMs: 10,
  queueBytes: 100,
  rttMs: 20,
  firstFrameAfterMs: 300,
  avOffsetMs: 0,
};
const lost: DeliveryStatus = {
  ...live,
  state: 'retrying',
  reason: new StreamwareError('destination.refused').toProblem(),
  attempt: 4,
  retryAt: 9000,
  liveSince: null,
  bitrateKbps: 0,
  fps: 0,
  framesSent: 300,
  queueMs: 0,
};

describe('combineStatuses', () => {
  it('an output is as well as its best connection, but tells what is wrong with the other', () => {
    const combined = combineStatuses([lost, live]);
    expect(combined).toMatchObject({ state: 'live', liveSince: 1000, fps: 30, framesSent: 900 });
    expect(combined).toMatchObject({ bytesSent: 10_000, droppedFrames: 2, reconnects: 2, bitrateKbps: 6000 });
    expect(combined.reason?.code).toBe('destination.refused');
  });

  it('of one connection is that one', () => {
    expect(combineStatuses([lost])).toEqual(lost);
  });

  it('needs one', () => {
    expect(() => combineStatuses([])).toThrow(RangeError);
  });
});

describe('SampledRate', () => {
  it('is the growth over the last four seconds', () => {
    const rate = new SampledRate();
    expect(rate.perSecond).toBe(0);
    for (let second = 0; second <= 10; second++)
      rate.add(second < 5 ? second * 100 : 500 + (second - 5) * 10, second * 1000);
    expect(rate.perSecond).toBe(10);
  });
});
