// The main job in one go: one encode to two RTMP servers, an HLS page and a recording; one server is killed and comes
// back; and the verdict is read from what the receivers got, not from what we say we sent.
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Stream, StreamHealth } from '../main/contract/streams.ts';
import { findProgram } from '../test/helpers/childProcess.ts';
import { startNginxRtmp } from '../test/helpers/nginxRtmp.ts';
import { createTempFolder } from '../test/helpers/tempFolder.ts';
import { callEngine, type DemoEngine, startDemoEngine } from './demo/engine.ts';
import { HlsViewer } from './demo/hlsViewer.ts';
import { renderTable, Screen } from './demo/table.ts';
import { judge, printVerdict } from './demo/verdict.ts';

const DEFAULT_SECONDS = 30;
const OUTAGE_SECONDS = 4;
const LEAST_SECONDS = 12;

const { values } = parseArgs({ options: { seconds: { type: 'string' } } });
const seconds = Number(values.seconds ?? DEFAULT_SECONDS);
if (!(seconds >= LEAST_SECONDS)) {
  console.error(
    `--seconds must be a number of at least ${LEAST_SECONDS}: the fault and the recovery take that long.`,
  );
  process.exit(2);
}
if (findProgram('nginx') === null) {
  console.error(
    'The demo sends to real RTMP servers and needs nginx with its RTMP module (Debian: apt-get install nginx libnginx-mod-rtmp).',
  );
  process.exit(1);
}
process.exitCode = await demo(seconds);

async function demo(durationSeconds: number): Promise<number> {
  const folder = createTempFolder('streamware-demo');
  const [steady, shaky] = await Promise.all([startNginxRtmp(), startNginxRtmp()]);
  const engine = await startDemoEngine(folder.path);
  const screen = new Screen();
  const viewer = new HlsViewer(folder.path);
  try {
    const stream = await goLive(engine, {
      steady: steady.url('rec', 'steady'),
      shaky: shaky.url('rec', 'shaky'),
    });
    console.log(`\nWatch it: ${engine.studioUrl}\n`);
    const faultAt = Math.round(durationSeconds * 0.4);
    for (let second = 1; second <= durationSeconds; second += 1) {
      if (second === faultAt) {
        await shaky.kill9();
        screen.note(`${second} s: the server of "Shaky server" was killed (kill -9).`);
      }
      if (second === faultAt + OUTAGE_SECONDS) {
        await shaky.restart();
        screen.note(`${second} s: it listens again.`);
      }
      await engine.nextSecond();
      const health = await callEngine<StreamHealth>(engine, 'GET', `/streams/${stream.id}/health`);
      await viewer.fetchNew(playlistOf(health));
      screen.draw(renderTable(health));
    }
    await callEngine(engine, 'POST', `/streams/${stream.id}/stop`);
    const ended = await engine.finishedStream(stream.id);
    const verdict = await judge(ended, {
      steady: steady.recordings('steady'),
      shaky: shaky.recordings('shaky'),
      viewed: await viewer.count(),
      outageSeconds: OUTAGE_SECONDS,
    });
    printVerdict(verdict);
    return verdict.isGood ? 0 : 1;
  } finally {
    await engine.stop();
    await Promise.all([steady.stop(), shaky.stop()]);
    await rm(folder.path, { recursive: true, force: true });
  }
}

async function goLive(engine: DemoEngine, urls: { steady: string; shaky: string }): Promise<Stream> {
  return await callEngine<Stream>(engine, 'POST', '/streams', {
    name: 'Demo',
    input: { type: 'test' },
    processing: [
      {
        type: 'transcode',
        codec: 'h264',
        width: 1280,
        height: 720,
        fps: 30,
        bitrateKbps: 2500,
        preset: 'veryfast',
      },
    ],
    output: [
      { type: 'rtmp', id: 'steady', name: 'Steady server', url: urls.steady },
      { type: 'rtmp', id: 'shaky', name: 'Shaky server', url: urls.shaky },
      { type: 'hls', id: 'hls', name: 'HLS page' },
      { type: 'file', id: 'recording', name: 'Recording' },
    ],
  });
}

function playlistOf(health: StreamHealth): string {
  const url = health.outputs.find(({ id }) => id === 'hls')?.playbackUrl;
  if (!url) throw new Error('the HLS output has no address');
  return url;
}
