import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { streamConfigSchema } from '../../../main/contract/streams.ts';
import { OutputPreparation } from '../../../main/streams/preparation.ts';
import { createTempFolder, type TempFolder } from '../../helpers/tempFolder.ts';

let folder: TempFolder;
let preparation: OutputPreparation;

beforeAll(() => {
  folder = createTempFolder('preparation');
  preparation = new OutputPreparation({ recordings: folder.path, hls: folder.path });
});

afterAll(() => folder.remove());

const owner = { mayUseAnyFolder: true };
const plugin = { mayUseAnyFolder: false };

function prepare(output: unknown[], access = owner, processing: unknown[] = []) {
  return preparation.prepareAll(
    streamConfigSchema.parse({ input: { type: 'test' }, processing, output }),
    access,
  );
}

describe('outputs before anything is started', () => {
  it('get an id each, and keep the one they have', async () => {
    const [first, second] = await prepare([{ type: 'hls' }, { type: 'file', id: 'mine' }]);
    expect(first?.id).toMatch(/^out_[0-9a-z]{10}$/);
    expect(second?.id).toBe('mine');
  });

  it.each([
    [
      'an address that is none',
      [{ type: 'hls' }, { type: 'rtmp', url: 'http://server/app/key' }],
      'request.invalid',
      'output.1.url',
    ],
    ['an address without a key', [{ type: 'rtmp', url: 'rtmp://server' }], 'request.invalid', 'output.0.key'],
    ['a service without a key', [{ type: 'rtmp', service: 'twitch' }], 'request.invalid', 'output.0.key'],
    [
      'a service nobody knows',
      [{ type: 'rtmp', service: 'nowhere', key: 'k' }],
      'request.invalid',
      'output.0.service',
    ],
    [
      'an SRT address without a port',
      [{ type: 'srt', url: 'srt://server' }],
      'request.invalid',
      'output.0.url',
    ],
    [
      'two ways to the same place',
      [
        { type: 'rtmp', url: 'rtmp://server/app', key: 'k' },
        { type: 'rtmp', url: 'RTMP://SERVER/app/k' },
      ],
      'output.duplicate',
      'output.1',
    ],
    [
      'the same id twice',
      [
        { type: 'hls', id: 'a' },
        { type: 'file', id: 'a' },
      ],
      'request.invalid',
      'output.1.id',
    ],
    [
      'a path that is no media file',
      [{ type: 'file', path: '/etc/cron.d/x' }],
      'file.path_refused',
      'output.0.path',
    ],
    [
      'a protocol in the place of a path',
      [{ type: 'file', path: 'file:/tmp/x.mp4' }],
      'file.path_refused',
      'output.0.path',
    ],
  ])('refuse %s and name the field', async (_name, output, code, field) => {
    await expect(prepare(output)).rejects.toMatchObject({ code, field });
  });

  it('stay in the media folder unless the caller owns the engine', async () => {
    const output = [{ type: 'file', path: '/var/tmp/streamware-test.mp4' }];
    await expect(prepare(output, plugin)).rejects.toMatchObject({
      code: 'file.path_refused',
      field: 'output.0.path',
    });
    await expect(prepare(output, owner)).resolves.toHaveLength(1);
  });

  it('are held against the limits of their service', async () => {
    const output = [{ type: 'rtmp', service: 'twitch', key: 'live_1' }];
    await expect(prepare(output, owner, [{ type: 'transcode', bitrateKbps: 9000 }])).rejects.toMatchObject({
      code: 'output.limits_exceeded',
      field: 'processing.bitrateKbps',
    });
    await expect(
      prepare([{ ...output[0], rendition: { bitrateKbps: 6000 } }], owner, [
        { type: 'transcode', bitrateKbps: 9000 },
      ]),
    ).resolves.toHaveLength(1);
  });
});
