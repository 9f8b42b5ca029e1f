// Sources that go away and come back while live: the screen that was captured, and the publisher who pushes to us.
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram, type PeerProcess, runTool, startPeer } from '../../helpers/childProcess.ts';
import { fixture } from '../../helpers/fixtures.ts';
import { continuity, packets } from '../../helpers/mediaPackets.ts';
import { Outsider } from '../../helpers/outsider.ts';
import { smallPicture } from '../../helpers/testEngine.ts';

let engine: Outsider;

beforeAll(async () => {
  engine = await Outsider.meet();
});

afterAll(() => engine.close());

interface Screen {
  readonly display: string;
  readonly server: PeerProcess;
}

/** @param display one that was there before; default: any free one */
async function startScreen(display?: string): Promise<Screen> {
  const name = display === undefined ? ['-displayfd', '1'] : [display, '-displayfd', '1'];
  const server = await startPeer({
    command: 'Xvfb',
    args: [...name, '-screen', '0', '641x361x24', '-nolisten', 'tcp'],
    ownStdout: true,
  });
  const { stdout } = server.process;
  const number = stdout === null ? '' : String((await once(stdout, 'data'))[0]).trim();
  return { display: display ?? `:${number}`, server };
}

describe('a captured screen', () => {
  const capture = (display: string, more: object = {}): { type: 'screen'; display: string; fps: number } => ({
    type: 'screen',
    display,
    fps: 15,
    ...more,
  });
  const modest = { type: 'transcode', bitrateKbps: 300, preset: 'ultrafast' } as const;

  it('that is closed is covered by the slate in the same size, and shown again when it is back', async () => {
    if (findProgram('Xvfb') === null)
      throw new Error('Xvfb is missing; on Debian and Ubuntu: apt-get install xvfb');
    const first = await startScreen();
    const id = await engine.create({
      input: capture(first.display),
      processing: [modest],
      output: [{ type: 'file', path: 'screen.mkv' }],
    });
    const { notices } = await engine.untilLive(id);
    expect(notices.join(' ')).toContain('made even: 640x360');
    first.server.signal('SIGKILL');
    await first.server.exited;
    const lost = await engine.until(
      id,
      'the slate, with the reason',
      ({ state, reason }) => state === 'slate' && reason?.code === 'input.not_found',
    );
    expect(lost.outputs).toMatchObject([{ state: 'live', reconnects: 0 }]);
    const again = await startScreen(first.display);
    await engine.until(id, 'the screen to be shown again', ({ state }) => state === 'live');
    const sent = (await engine.stream(id)).outputs[0]?.framesSent ?? 0;
    await engine.until(id, 'a second more', ({ outputs }) => (outputs[0]?.framesSent ?? 0) > sent + 15);
    const { outputs } = await engine.stream(id);
    await engine.call('DELETE', `/streams/${id}`);
    await again.server.stop();
    const [file = ''] = outputs[0]?.files ?? [];
    const sizes = await runTool('ffprobe', [
      ...[
        '-v',
        'error',
        '-select_streams',
        'v',
        '-show_entries',
        'frame=width,height',
        '-of',
        'csv=p=0',
        file,
      ],
    ]);
    expect(new Set(sizes.split('\n').map((line) => line.replace(/,$/, '')))).toEqual(
      new Set(['640,360', '']),
    );
    expect(continuity((await packets(file)).video)).toMatchObject({ backwards: 0, startsWithKey: true });
  });

  it('that is not there is refused by its name', async () => {
    const refusal = await engine.refusalOf({ input: capture(':9999'), output: [{ type: 'hls' }] });
    expect(refusal).toMatchObject({ code: 'input.not_found', field: 'input.display' });
    const half = await engine.refusalOf({ input: capture(':0', { width: 320 }), output: [{ type: 'hls' }] });
    expect(half).toMatchObject({ code: 'request.invalid', field: 'input.width' });
  });
});

describe('a publisher', () => {
  const ingest = { type: 'ingest' as const, key: 'studio-1' };

  const publish = async (): Promise<PeerProcess> =>
    await startPeer({
      command: 'ffmpeg',
      args: [
        ...[
          '-nostdin',
          '-v',
          'error',
          '-re',
          '-stream_loop',
          '-1',
          '-i',
          await fixture('sync.mp4'),
          '-c',
          'copy',
        ],
        ...['-f', 'flv', `${engine.engine.ingestUrl}/${ingest.key}`],
      ],
    });

  it('that is silent is named with the time, and waits for nothing when the quality is changed meanwhile', async () => {
    const id = await engine.create({
      input: ingest,
      processing: [smallPicture],
      output: [{ type: 'file', path: 'ingest.mkv' }],
    });
    const waiting = await engine.until(id, 'the reason', ({ reason }) => reason !== null);
    expect(waiting.reason).toMatchObject({ detail: 'Nobody publishes to this stream yet.' });
    const publisher = await publish();
    await engine.untilLive(id);
    publisher.signal('SIGSTOP');
    const silent = await engine.until(id, 'the slate', ({ state }) => state === 'slate');
    expect(silent.reason).toMatchObject({
      code: 'input.stalled',
      detail: expect.stringMatching(/for \d+ s/),
    });
    const changed = await engine.call('PUT', `/streams/${id}/quality`, { bitrateKbps: 300 });
    expect(changed).toMatchObject({ status: 200, body: { state: 'slate' } });
    publisher.signal('SIGCONT');
    const back = await engine.until(id, 'the publisher to be back', ({ state }) => state === 'live');
    expect(back).toMatchObject({ reason: null, outputs: [{ state: 'live', reconnects: 0 }] });
    expect(back.config).toMatchObject({ processing: [{ bitrateKbps: 300 }] });
    await publisher.stop();
    const gone = await engine.until(id, 'the slate', ({ state }) => state === 'slate');
    expect(gone.reason).toMatchObject({ code: 'input.ended' });
    await engine.call('DELETE', `/streams/${id}`);
  });

  it('belongs to one stream: a second one with the same key is refused before anything begins', async () => {
    const config = { input: ingest, processing: [smallPicture], output: [{ type: 'hls' as const }] };
    const first = await engine.create(config);
    expect(await engine.refusalOf(config)).toMatchObject({ code: 'request.invalid', field: 'input.key' });
    const second = await engine.create({ ...config, start: false });
    expect((await engine.call('POST', `/streams/${second}/start`)).body).toMatchObject({
      field: 'input.key',
    });
    expect(await engine.stream(second)).toMatchObject({
      order: 'stopped',
      state: 'stopped',
      broadcastId: null,
    });
    await engine.call('DELETE', `/streams/${first}`);
    expect((await engine.call('POST', `/streams/${second}/start`)).status).toBe(202);
    await engine.call('DELETE', `/streams/${second}`);
  });
});
