// A transport stream of which a bad line has lost a part: passed through, it costs what was lost and not the show.
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixture } from '../../helpers/fixtures.ts';
import { packets } from '../../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { Outsider } from '../../helpers/outsider.ts';

const TS_PACKET_BYTES = 188;
/** Of the fixture, seconds; and so many packets to one that is lost. */
const SHOW_SECONDS = 5;
const LOSES_ONE_IN = 60;

let server: NginxRtmp;
let engine: Outsider;

beforeAll(async () => {
  [server, engine] = await Promise.all([startNginxRtmp(), Outsider.meet()]);
});

afterAll(async () => {
  await engine.close();
  await server.stop();
});

it('a transport stream with losses is passed through to its end, without a slate', async () => {
  const path = engine.engine.folder.file('lossy.ts');
  writeFileSync(path, withLosses(readFileSync(await fixture('from5000.ts'))));
  const id = await engine.create({
    input: { type: 'file', path, onEnd: 'stop' },
    processing: [{ type: 'copy' }],
    output: [{ type: 'rtmp', url: server.url('rec', 'lossy') }],
  });
  const { reason } = await engine.until(id, 'the end', ({ state }) => state === 'stopped');
  expect(reason).toBeNull();
  const told = (await engine.engine.timeline(id)).map(({ kind }) => kind);
  expect(told).not.toContain('sourceLost');
  expect(told).not.toContain('slateShown');
  const [recording = ''] = server.recordings('lossy');
  const { video, audio } = await packets(recording);
  for (const track of [video, audio]) {
    const seconds = ((track.at(-1)?.dtsMs ?? 0) - (track[0]?.dtsMs ?? 0)) / 1000;
    expect(seconds).toBeGreaterThan(SHOW_SECONDS - 1);
    expect(seconds).toBeLessThan(SHOW_SECONDS + 0.5);
  }
});

/** The first second is whole, so that it is known what is in it. */
function withLosses(whole: Buffer): Buffer {
  const count = Math.floor(whole.length / TS_PACKET_BYTES);
  const kept = Array.from({ length: count }, (_, index) => index)
    .filter((index) => index < count / SHOW_SECONDS || index % LOSES_ONE_IN !== 0)
    .map((index) => whole.subarray(index * TS_PACKET_BYTES, (index + 1) * TS_PACKET_BYTES));
  return Buffer.concat(kept);
}
