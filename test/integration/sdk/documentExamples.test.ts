// The streaming examples of the product document, as they are written there; only hosts and file paths are others.
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { close, open, StreamingPipeline, StreamService, StreamwareError } from '../../../main/sdk.ts';
import { fixture } from '../../helpers/fixtures.ts';
import { continuity, packets } from '../../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { createTempFolder } from '../../helpers/tempFolder.ts';
import { smallPicture } from '../../helpers/testEngine.ts';
import { waitFor } from '../../helpers/waitFor.ts';

const folder = createTempFolder('sdk');
let server: NginxRtmp;
let input: NginxRtmp;

beforeAll(async () => {
  process.env.STREAMWARE_HOME = folder.file('home');
  [server, input] = await Promise.all([startNginxRtmp(), startNginxRtmp()]);
  await open();
});

afterAll(async () => {
  await close();
  await Promise.all([server.stop(), input.stop()]);
  await folder.remove();
});

describe('custom solutions', () => {
  it('one RTMP input, transcoded, watermarked, to RTMP and HLS', async () => {
    const logo = await fixture('odd.png');
    const publisher = new StreamingPipeline({
      input: { type: 'file', path: await fixture('ok.mp4'), loop: true },
      processing: [smallPicture],
      output: [{ type: 'rtmp', url: input.url('live', 'source') }],
    });
    await publisher.start();
    await waitFor(async () => (await publisher.health()).outputs[0]?.state === 'live', {
      what: 'the input server has a stream',
    });

    const customPipeline = new StreamingPipeline({
      input: {
        type: 'rtmp',
        url: input.url('live', 'source'),
      },
      processing: [
        { type: 'transcode', codec: 'h264' },
        { type: 'watermark', image: logo },
      ],
      output: [
        { type: 'rtmp', url: server.url('rec', 'youtube') },
        { type: 'hls', path: folder.file('live/stream.m3u8') },
      ],
    });
    await customPipeline.start();
    await waitFor(
      async () =>
        (await customPipeline.health()).outputs.every(
          ({ state, framesSent }) => state === 'live' && framesSent > 75,
        ),
      { what: 'both outputs deliver', timeoutMs: 30_000 },
    );
    const summary = await customPipeline.stop();
    await publisher.stop();

    expect(summary.outputs.map(({ kind, state, error }) => ({ kind, state, error }))).toEqual([
      { kind: 'rtmp', state: 'live', error: null },
      { kind: 'hls', state: 'live', error: null },
    ]);
    const received = await packets(server.recordings('youtube')[0] ?? '');
    expect(continuity(received.video)).toMatchObject({ backwards: 0, startsWithKey: true });
    expect(received.audio.length).toBeGreaterThan(100);
    expect(readFileSync(folder.file('live/stream.m3u8'), 'utf8')).toContain('#EXT-X-ENDLIST');
  });

  it('the playlist may be an address of the engine, as the document writes it', async () => {
    const pipeline = new StreamingPipeline({
      input: { type: 'test' },
      processing: [smallPicture],
      output: [{ type: 'hls', path: '/live/stream.m3u8' }],
    });
    await pipeline.start();
    const playbackUrl = await waitFor(
      async () => {
        const { playbackUrl: url, framesSent } = (await pipeline.health()).outputs[0] ?? {};
        return framesSent && framesSent > 60 && url ? url : false;
      },
      { what: 'a playlist is served', timeoutMs: 20_000 },
    );
    expect(playbackUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/live\/stream\.m3u8$/);
    const answer = await fetch(playbackUrl);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('#EXTM3U');
    await pipeline.stop();
  });
});

describe('debugging a stream', () => {
  it('checks its health and lowers the quality', async () => {
    const streamService = new StreamService();
    const streamId = await streamService.startStream({
      input: { type: 'test' },
      processing: [{ ...smallPicture, bitrateKbps: 800 }],
      output: [{ type: 'rtmp', url: server.url('rec', 'health') }],
    });
    await waitFor(async () => (await streamService.checkHealth(streamId)).bitrate > 0, {
      what: 'a bitrate is measured',
    });
    const threshold = 100_000;

    const streamHealth = await streamService.checkHealth(streamId);
    if (streamHealth.bitrate < threshold) {
      await streamService.adjustQuality(streamId);
    }

    expect((await streamService.checkHealth(streamId)).targetBitrateKbps).toBe(600);
    await streamService.stopStream(streamId);
    expect(server.recordings('health')).toHaveLength(1);
  });
});

describe('errors', () => {
  it('come before anything is started, and say which field is at fault', async () => {
    const streamService = new StreamService();
    const tracked: unknown[] = [];
    const config = {
      input: { type: 'file' as const, path: folder.file('missing.mp4') },
      output: [{ type: 'file' as const, path: folder.file('never.mp4') }],
    };
    try {
      await streamService.startStream(config);
    } catch (error) {
      tracked.push(error);
    }
    expect(tracked).toEqual([expect.any(StreamwareError)]);
    expect(tracked[0]).toMatchObject({ code: 'input.not_found' });
    expect(existsSync(folder.file('never.mp4'))).toBe(false);
  });

  it('are thrown by the constructor of a pipeline that makes no sense', () => {
    expect(() => new StreamingPipeline({ input: { type: 'test' }, output: [] })).toThrow(
      /output must have at least one output/,
    );
  });
});
