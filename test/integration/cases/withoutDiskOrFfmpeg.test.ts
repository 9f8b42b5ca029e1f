// A disk without room, and a computer without ffmpeg: what does not need them goes on, and the rest says what is missing.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { Outsider } from '../../helpers/outsider.ts';
import { mountSmallDisk } from '../../helpers/smallDisk.ts';
import { createTempFolder } from '../../helpers/tempFolder.ts';
import { smallPicture } from '../../helpers/testEngine.ts';
import { waitFor } from '../../helpers/waitFor.ts';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function meet(options: Parameters<typeof Outsider.meet>[0]): Promise<Outsider> {
  const engine = await Outsider.meet(options);
  cleanUps.push(() => engine.close());
  return engine;
}

describe('a data folder on a full disk', () => {
  it('keeps nobody on air and no engine from starting; nothing new begins until there is room', async () => {
    const disk = mountSmallDisk(16);
    cleanUps.push(() => disk.unmount());
    const server: NginxRtmp = await startNginxRtmp({ isRecording: false });
    cleanUps.push(() => server.stop());
    const dataDir = join(disk.path, 'data');
    const config = {
      input: { type: 'test' as const },
      processing: [smallPicture],
      output: [
        { type: 'rtmp' as const, id: 'one', url: server.url('live', 'key') },
        { type: 'rtmp' as const, id: 'other', url: server.url('live', 'other') },
      ],
    };
    const engine = await meet({ dataDir });
    const id = await engine.create(config);
    await engine.untilLive(id);
    disk.fill('everything');
    await waitFor(async () => (await engine.call('POST', '/streams', config)).status === 503, {
      what: 'nothing new to be taken',
    });
    const off = await engine.call('PATCH', `/streams/${id}/outputs/other`, { enabled: false });
    expect(off).toMatchObject({ status: 200, body: { order: 'off', state: 'off' } });
    const stopped = await engine.call('POST', `/streams/${id}/stop`);
    expect(stopped).toMatchObject({ status: 200, body: { order: 'stopped', state: 'stopped' } });
    expect((await engine.call('POST', `/streams/${id}/start`)).body).toMatchObject({
      code: 'store.unavailable',
    });
    disk.free('everything');
    await waitFor(
      async () => (await engine.call('PATCH', `/streams/${id}`, { name: 'again' })).status === 200,
      {
        what: 'the database to be written again',
        timeoutMs: 20_000,
      },
    );
    await engine.engine.stop();

    disk.fill('everything');
    const next = await meet({ dataDir });
    expect((await next.call('GET', '/engine/doctor')).body).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ id: 'database', status: 'fail' })]),
    });
    disk.free('everything');
    await waitFor(async () => (await next.call('GET', `/streams/${id}`)).status === 200, {
      what: 'the streams to be read',
      timeoutMs: 20_000,
    });
    expect(await next.stream(id)).toMatchObject({
      name: 'again',
      order: 'stopped',
      state: 'stopped',
      outputs: [{ order: 'on' }, { order: 'off' }],
    });
  });
});

describe('no ffmpeg that can be used', () => {
  it.each([
    ['is not there', '/nowhere/ffmpeg', 'There is no program at /nowhere/ffmpeg.'],
    ['is a text', '/etc/passwd', '/etc/passwd may not be run.'],
    ['is another program', '', 'does not answer as ffmpeg does.'],
  ])('(it %s) keeps the engine from nothing else, and no stream is created', async (_name, path, detail) => {
    const folder = createTempFolder('ffmpeg');
    cleanUps.push(() => folder.remove());
    writeFileSync(folder.file('other'), '#!/bin/sh\necho hello\n');
    chmodSync(folder.file('other'), 0o755);
    const engine = await meet({ ffmpegPath: path || folder.file('other') });
    const refusal = await engine.refusalOf({ input: { type: 'test' }, output: [{ type: 'hls' }] });
    expect(refusal).toMatchObject({ code: 'ffmpeg.missing', detail: expect.stringContaining(detail) });
    expect((await engine.call('GET', '/streams')).body).toMatchObject({ items: [] });
    const { items } = (await engine.call('GET', '/engine/doctor')).body as {
      items: { id: string; status: string }[];
    };
    expect(items).toContainEqual(expect.objectContaining({ id: 'ffmpeg', status: 'fail' }));
  });
});
