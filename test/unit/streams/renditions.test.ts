import { describe, expect, it } from 'vitest';
import { mainRequest, planRenditions } from '../../../main/streams/renditions.ts';

const main = { codec: 'h264', bitrateKbps: 6000 } as const;

describe('planRenditions', () => {
  it('encodes once for all outputs that want the same', () => {
    const plan = planRenditions(main, [
      { id: 'a' },
      { id: 'b', rendition: {} },
      { id: 'c', rendition: { bitrateKbps: 6000 } },
    ]);
    expect(plan.renditions.map(({ id }) => id)).toEqual(['main']);
    expect([...plan.byOutput.values()]).toEqual([['main'], ['main'], ['main']]);
  });

  it('encodes once more for each different wish, and gives another size its own usual bitrate', () => {
    const plan = planRenditions(main, [
      { id: 'a' },
      { id: 'b', rendition: { height: 480, width: 854 } },
      { id: 'c', rendition: { bitrateKbps: 2000 } },
    ]);
    expect(plan.renditions.map(({ id, request }) => ({ id, request }))).toEqual([
      { id: 'main', request: main },
      { id: 'r1', request: { codec: 'h264', width: 854, height: 480 } },
      { id: 'r2', request: { codec: 'h264', bitrateKbps: 2000 } },
    ]);
  });

  it('gives a ladder one rendition per step', () => {
    const plan = planRenditions(main, [
      { id: 'hls', ladder: [{ bitrateKbps: 3000 }, { bitrateKbps: 1000 }, { bitrateKbps: 3000 }] },
    ]);
    expect(plan.byOutput.get('hls')).toEqual(['main', 'r1', 'r2']);
  });

  it('keeps the id of a wish when another output goes', () => {
    const before = planRenditions(main, [
      { id: 'a', rendition: { bitrateKbps: 1000 } },
      { id: 'b', rendition: { bitrateKbps: 2000 } },
    ]);
    const after = planRenditions(main, [{ id: 'b', rendition: { bitrateKbps: 2000 } }], before.renditions);
    expect(after.byOutput.get('b')).toEqual(['r2']);
    const again = planRenditions(
      main,
      [
        { id: 'b', rendition: { bitrateKbps: 2000 } },
        { id: 'c', rendition: { bitrateKbps: 500 } },
      ],
      after.renditions,
    );
    expect(again.byOutput.get('c')).toEqual(['r1']);
  });

  it('keeps the id of a wish when the program changes', () => {
    const before = planRenditions(main, [{ id: 'a', rendition: { bitrateKbps: 1000 } }]);
    const after = planRenditions(
      { ...main, bitrateKbps: 3000, fps: 30 },
      [{ id: 'a', rendition: { bitrateKbps: 1000 } }],
      before.renditions,
    );
    expect(after.renditions[1]).toEqual({
      id: 'r1',
      wish: { bitrateKbps: 1000 },
      request: { codec: 'h264', bitrateKbps: 1000, fps: 30 },
    });
  });
});

describe('mainRequest', () => {
  it('takes the later of two transcode steps, field by field', () => {
    const steps = [
      { type: 'transcode', codec: 'h264', bitrateKbps: 4000, fps: 60 },
      { type: 'deinterlace' },
      { type: 'transcode', bitrateKbps: 2000 },
    ] as const;
    expect(mainRequest(steps)).toEqual({ codec: 'h264', bitrateKbps: 2000, fps: 60 });
  });
});
