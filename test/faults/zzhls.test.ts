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

    const { childrenOf, commandLineOf } = await import('../helpers/processTree.ts');
    let cur = pid!;
    for (const phase of [1, 3, 6, 12, 30, 50, 57]) {
      await rig.untilSent(70);
      for (;;) { const f = rig.status('hls-killed').framesSent; if (f % 60 === phase) break; await delay(systemClock, 3); }
      const before = new Set(childrenOf(process.pid));
      process.kill(cur, 'SIGKILL');
      const at = rig.status('witness').framesSent;
      await rig.until('hls-killed', 'retrying', systemClock.monotonicMs() - 20);
      await delay(systemClock, 300);
      cur = childrenOf(process.pid).find(p => !before.has(p))!;
      console.log('phase', phase, 'witness', at, cur, commandLineOf(cur).slice(-30));
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
