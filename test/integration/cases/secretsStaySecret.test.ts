// Keys and passwords in every field that may hold one, towards everything that fails: nobody who is not meant to sees them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FaultyPeer, startMutePeer } from '../../helpers/faultyPeers.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { Outsider } from '../../helpers/outsider.ts';
import { commandLineOf, descendantsOf } from '../../helpers/processTree.ts';
import { smallPicture } from '../../helpers/testEngine.ts';

const SECRET = /SECRET(?:x7|y8|z9|q5)/i;
const key = 'KEY=SECRETx7&tok=SECRETy8';
let server: NginxRtmp;
let mute: FaultyPeer;
let engine: Outsider;
const said: string[] = [];

beforeAll(async () => {
  const refusing = { isRecording: false, onPublish: () => 'refuse' as const };
  const log = { write: (text: string): void => void said.push(text) };
  [server, mute, engine] = await Promise.all([
    startNginxRtmp(refusing),
    startMutePeer(),
    Outsider.meet({ console: log, logLevel: 'debug' }),
  ]);
});

afterAll(async () => {
  await engine.close();
  await Promise.all([server.stop(), mute.stop()]);
});

const outputs = (): unknown[] => [
  { type: 'rtmp', url: 'rtmp://user:SECRETz9@127.0.0.1:1/live', key },
  { type: 'rtmp', url: 'rtmp://no-such-host.invalid/live', key, backupUrl: `rtmp://127.0.0.1:1/live/${key}` },
  { type: 'rtmp', url: server.url('live', `${key}?sign=SECRETq5`) },
  { type: 'rtmp', url: `rtmp://127.0.0.1:${mute.port}/live`, key, username: 'u', password: 'SECRETz9' },
  { type: 'rtmp', url: server.url('live', '').replace(/\/$/, ''), key: '%53ECRETx7' },
  { type: 'rtmp', driver: 'ffmpeg', url: 'rtmp://127.0.0.1:2/live', key },
  { type: 'srt', url: 'srt://127.0.0.1:9?passphrase=SECRETx7SECRETx7&streamid=SECRETy8' },
  { type: 'srt', url: 'srt://127.0.0.1:10', passphrase: 'SECRETx7SECRET', streamId: '#!::u=SECRETy8,r=x' },
  { type: 'hls-push', url: 'http://user:SECRETz9@127.0.0.1:1/up?cid=SECRETx7&copy=0&file=out.m3u8' },
  { type: 'hls-push', url: `http://127.0.0.1:${mute.port}/up/`, key: 'SECRETx7SECRETy8' },
  { type: 'hls-push', service: 'youtube-hls', key: 'SECRETx7SECRETy8', enabled: false },
];

const inputs = (): unknown[] => [
  { type: 'rtmp', url: 'rtmp://u:SECRETz9@127.0.0.1:1/live/SECRETx7' },
  { type: 'rtmp', url: `rtmp://127.0.0.1:${mute.port}/live/SECRETx7?t=SECRETy8` },
  { type: 'http', url: `http://u:SECRETz9@127.0.0.1:${mute.port}/a?t=SECRETx7` },
  { type: 'rtsp', url: 'rtsp://u:SECRETz9@127.0.0.1:1/x?t=SECRETx7' },
  { type: 'srt', url: 'srt://127.0.0.1:1?passphrase=SECRETx7SECRETx7&streamid=SECRETy8' },
  { type: 'ingest', key: 'SECRETx7' },
];

const refused: unknown[] = [
  { type: 'rtmp', url: 'SECRETx7', key: '' },
  { type: 'rtmp', url: 'http://a:SECRETz9@x/live', key },
  { type: 'rtmp', url: 'rtmp://server/live', key: 'SECRETx7\nSECRETy8' },
  { type: 'rtmp', url: 'rtmp://server/live', key: { is: 'SECRETx7' } },
  { type: 'rtmp', service: 'SECRETx7', key },
  { type: 'srt', url: 'srt://:SECRETx7@' },
  { type: 'srt', url: 'srt://127.0.0.1:1', passphrase: 'SECRETx7' },
  { type: 'hls-push', url: 'ftp://a:SECRETz9@x' },
  { type: 'rtmpSECRETx7' },
];

/** The values of secrets, wherever a person may look. */
async function lookEverywhere(streamIds: string[]): Promise<void> {
  for (const id of streamIds) {
    for (const part of ['', '/timeline?limit=200', '/health', '/health/history'])
      await engine.call('GET', `/streams/${id}${part}`);
  }
  for (const path of ['/streams', '/broadcasts', '/engine', '/engine/doctor']) await engine.call('GET', path);
}

function onDisk(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const names = files.map((entry) => join(entry.parentPath, entry.name));
  return names.filter((name) => SECRET.test(readFileSync(name, 'latin1')));
}

it('no secret is in an answer, an event, the log, the process list or on the disk', async () => {
  const events: string[] = [];
  engine.engine.streams.onEvent((event) => void events.push(JSON.stringify(event)));
  const streams = inputs().map((input) => ({
    input: input as { type: 'test' },
    output: [{ type: 'hls' as const }],
  }));
  const all = {
    name: 'all',
    input: { type: 'test' as const },
    processing: [smallPicture],
    output: outputs() as [],
  };
  const ids = await Promise.all([all, ...streams].map((config) => engine.create(config)));
  for (const output of refused) await engine.refusalOf({ input: { type: 'test' }, output: [output] });
  await engine.call('POST', '/probe', { input: inputs()[0] });
  await engine.call('POST', '/destinations/check', { output: outputs()[0] });
  const added = { type: 'rtmp', id: 'added', url: 'rtmp://127.0.0.1:3/live', key: 'SECRETx7added' };
  await engine.call('POST', `/streams/${ids[0]}/outputs`, added);
  await engine.call('PATCH', `/streams/${ids[0]}/outputs/added`, {
    key: 'SECRETx7new',
    password: 'SECRETy8new',
  });
  await engine.call('PATCH', `/streams/${ids[0]}/outputs/nobody`, { key: 'SECRETx7' });
  const broken = await engine.until(
    ids[0] ?? '',
    'every destination to say what is the matter',
    ({ outputs: each }) => each.every(({ order, reason }) => order === 'off' || reason !== null),
  );
  expect(broken.outputs.filter(({ reason }) => reason !== null).length).toBeGreaterThanOrEqual(11);
  await lookEverywhere(ids);
  const children = descendantsOf(process.pid).map(commandLineOf);
  expect(children.filter((line) => SECRET.test(line))).toEqual([]);
  await engine.engine.stop();
  expect(engine.heard.filter((text) => SECRET.test(text))).toEqual([]);
  expect(events.filter((text) => SECRET.test(text))).toEqual([]);
  expect(said.filter((text) => SECRET.test(text))).toEqual([]);
  expect(onDisk(engine.engine.dataDir)).toEqual([]);
  expect(said.join('').length).toBeGreaterThan(1000);
});
