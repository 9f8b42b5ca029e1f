// What is pushed to us without sound, without a picture, with one of them late, muted or torn: every destination gets both
// tracks, what can be heard is heard, what was asked to be silent is silent, and nobody reconnects over it.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StreamConfigInput } from '../../../main/contract/streams.ts';
import { FlvReader } from '../../../main/media/flv/flvReader.ts';
import { at, type MediaTag } from '../../../main/media/flv/mediaTag.ts';
import { runTool } from '../../helpers/childProcess.ts';
import { fixture } from '../../helpers/fixtures.ts';
import { continuity, packets } from '../../helpers/mediaPackets.ts';
import { type NginxRtmp, startNginxRtmp } from '../../helpers/nginxRtmp.ts';
import { Outsider } from '../../helpers/outsider.ts';
import { publishTags } from '../../helpers/publishTags.ts';
import { smallPicture } from '../../helpers/testEngine.ts';

type Step = NonNullable<StreamConfigInput['processing']>[number];
const copy: Step = { type: 'copy' };
const mute: Step = { type: 'audio', mute: true };

/** Louder than any silence, quieter than the tone of the fixtures. */
const HEARD_DB = -60;
const SAMPLES_PER_SECOND = 8000;
const SHOW_MS = 8000;
const LATE_MS = 4000;

let server: NginxRtmp;
let engine: Outsider;
let show: readonly MediaTag[] = [];

beforeAll(async () => {
  [server, engine] = await Promise.all([startNginxRtmp(), Outsider.meet()]);
  const tags: MediaTag[] = [];
  new FlvReader((tag) => void tags.push(tag)).push(readFileSync(await fixture('ok.flv')));
  show = tags.filter(({ timestampMs }) => timestampMs < SHOW_MS);
});

afterAll(async () => {
  await engine.close();
  await server.stop();
});

const isFrame = (tag: MediaTag): boolean => tag.kind !== 'data' && tag.frame !== 'header';
const without = (kind: MediaTag['kind']): MediaTag[] => show.filter((tag) => tag.kind !== kind);

/** The show, of which one track begins later: at a key frame, with its header. */
function withLate(kind: 'audio' | 'video'): MediaTag[] {
  const header = show.find((tag) => tag.kind === kind);
  const isFirst = (tag: MediaTag): boolean =>
    tag.kind === kind && tag.timestampMs >= LATE_MS && (tag.kind === 'audio' || tag.frame === 'key');
  const first = show.find(isFirst);
  if (header === undefined || first === undefined) throw new Error('the fixture is too short');
  return show.flatMap((tag) => {
    if (tag === first) return [at(header, tag.timestampMs), tag];
    return tag.kind === kind && tag.timestampMs < first.timestampMs ? [] : [tag];
  });
}

/** Every twentieth picture claims more than it holds. */
function torn(): MediaTag[] {
  return show.map((tag, index) => {
    if (tag.kind !== 'video' || tag.frame !== 'inter' || index % 20 !== 0) return tag;
    return { ...tag, payload: Buffer.concat([tag.payload.subarray(0, 5), Buffer.alloc(50, 0xff)]) };
  });
}

/** ffmpeg sends headers with nothing in them before it knows what is in them. */
function withEmptyHeaders(): MediaTag[] {
  const empty = show
    .filter((tag) => tag.kind !== 'data' && !isFrame(tag))
    .map((tag) => ({ ...tag, payload: tag.payload.subarray(0, tag.kind === 'video' ? 5 : 2) }));
  return [...empty, ...show];
}

/** Key frame and pictures come a moment before the header that they need. */
function withHeaderAfterKey(): MediaTag[] {
  const header = show.find((tag) => tag.kind === 'video');
  const rest = show.filter((tag) => tag !== header);
  return header === undefined ? rest : [...rest.slice(0, 10), header, ...rest.slice(10)];
}

const kinds: [name: string, tags: () => MediaTag[], steps: Step[], heardInTheEnd: boolean][] = [
  ['without sound, passed through', () => without('audio'), [copy], false],
  ['that is passed through, but for the sound, which is muted', () => [...show], [copy, mute], false],
  ['with sound that begins late, passed through', () => withLate('audio'), [copy], true],
  ['with sound that begins late', () => withLate('audio'), [smallPicture], true],
  ['of sound alone', () => without('video'), [smallPicture], true],
  ['with a picture that begins late', () => withLate('video'), [copy], true],
  ['with torn pictures, passed through', torn, [copy], true],
  ['with empty headers first, passed through', withEmptyHeaders, [copy], true],
  ['whose header comes after the first key frame', withHeaderAfterKey, [copy], true],
];

describe('a publisher', () => {
  it.concurrent.each(kinds.map(([name], index) => [name, index] as const))(
    '%s: both tracks arrive whole, on one connection',
    async (_name, index) => {
      const [, tags, steps, heardInTheEnd] = kinds[index] as (typeof kinds)[number];
      const key = `kind${index}`;
      const id = await engine.create({
        input: { type: 'ingest', key },
        processing: steps,
        output: [
          { type: 'rtmp', url: server.url('rec', key) },
          { type: 'hls', id: 'hls' },
        ],
      });
      const publisher = await publishTags(engine.engine.ingestUrl ?? '', key, tags());
      await publisher.sent;
      const { outputs, state } = await engine.stream(id);
      await engine.call('DELETE', `/streams/${id}`);
      publisher.close();

      expect(state).toBe('live');
      for (const output of outputs)
        expect(output, output.id).toMatchObject({ state: 'live', reconnects: 0, reason: null });
      const files = server.recordings(key);
      expect(files).toHaveLength(1);
      const { video, audio } = await packets(files[0] ?? '');
      for (const track of [video, audio]) {
        const { backwards, biggestGapMs } = continuity(track);
        expect({ backwards, isWhole: biggestGapMs < 400 }).toEqual({ backwards: 0, isWhole: true });
        expect((track.at(-1)?.dtsMs ?? 0) - (track[0]?.dtsMs ?? 0)).toBeGreaterThan(SHOW_MS / 2);
      }
      expect((await loudestInTheEndDb(files[0] ?? '')) > HEARD_DB).toBe(heardInTheEnd);
    },
  );
});

/** The loudest sample of the last second, against the loudest that there can be. */
async function loudestInTheEndDb(file: string): Promise<number> {
  const decoded = `${file}.pcm`;
  const asSamples = ['-map', '0:a', '-f', 's16le', '-ac', '1', '-ar', `${SAMPLES_PER_SECOND}`];
  await runTool('ffmpeg', ['-v', 'error', '-y', '-i', file, ...asSamples, decoded]);
  const bytes = readFileSync(decoded).subarray(-2 * SAMPLES_PER_SECOND);
  let loudest = 0;
  for (let offset = 0; offset < bytes.length; offset += 2)
    loudest = Math.max(loudest, Math.abs(bytes.readInt16LE(offset)));
  return 20 * Math.log10(loudest / 2 ** 15);
}
