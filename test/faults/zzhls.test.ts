import { it } from 'vitest';
import { FaultRig } from './rig.ts';
import { readPlaylist } from '../helpers/hlsReader.ts';
import { compare, packets } from '../helpers/mediaPackets.ts';
import { delay, systemClock } from '../../main/lib/clock.ts';
it('hls', async () => {
  const rig = await FaultRig.start();
  try {
    await rig.goLive();
    const playlist = rig.file('killed/show.m3u8');
    const [pid] = await rig.addLive({ type: 'hls', id: 'hls-killed', path: playlist, windowSegments: 1000 });
    for (let i = 0; i < 3; i++) {
    await rig.untilSent(75);
    const list = readPlaylist(playlist).segments.length;
    const own = readPlaylist(rig.file('hls/show.m3u8')).segments.length;
    console.log('kill', i, 'witness frames', rig.status('witness').framesSent, 'hls frames', rig.status('hls-killed').framesSent, 'segments', list, own);
    if (i === 1) process.kill(pid!, 'SIGKILL');
    }
    await rig.untilSent(150);
    await rig.stop();
    const r = await rig.receipts();
    const { segments } = readPlaylist(playlist);
    const all = await Promise.all(segments.map(({ name }) => packets(rig.file(`killed/${name}`))));
    console.log(segments.map((s, i) => [s.name, s.seconds, s.isDiscontinuous, all[i]!.video.length, all[i]!.video[0]!.dtsMs, all[i]!.video.at(-1)!.dtsMs].join(' ')).join('\n'));
    const c = compare(r.recordingAsTs.video, all.flatMap(s=>s.video));
    console.log(c.missingInside, c.missingAtMs[0], c.missingAtMs.at(-1), c.extra, JSON.stringify(rig.history('hls-killed')), r.recordingAsTs.video[0]!.dtsMs);
  } finally { await rig.close(); }
});
