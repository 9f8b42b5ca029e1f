/**
 * Four ways to bring one coded stream to many RTMP destinations, started alike: whoever measures publishes to `url` and
 * reads the cost of `pids`. None of them decodes or encodes.
 */
import { randomBytes } from 'node:crypto';
import type { StreamConfigInput } from '../../../main/contract/streams.ts';
import type { PeerProcess } from '../../helpers/childProcess.ts';
import { freePort } from '../../helpers/freePort.ts';
import { portIsBound } from '../../helpers/processTree.ts';
import { waitFor } from '../../helpers/waitFor.ts';
import type { BenchEngine } from '../engine.ts';
import { treeOf } from '../processCost.ts';
import { Scope } from '../scope.ts';
import { startFfmpeg, teeArgs } from './ffmpeg.ts';
import { startNginxPush } from './nginxPush.ts';

export interface Relay {
  readonly name: string;
  /** Where the stream is to be published. */
  readonly url: string;
  /** The processes that relay, and no others. */
  pids(): readonly number[];
  stop(): Promise<void>;
}

/** Id of the output that `recordingTo` makes. */
export const RECORDING_ID = 'recording';

export type StartRelay = (destinations: readonly string[]) => Promise<Relay>;

/** The names under which they appear in the result. */
export const relayNames = {
  streamware: 'streamware',
  push: 'nginx push',
  tee: 'ffmpeg tee+fifo',
  copies: 'ffmpeg copies',
} as const;

/** A stream from the ingest to the destinations, as it is; `more` adds a recording, say. */
export function relayStream(
  key: string,
  destinations: readonly string[],
  more: StreamConfigInput['output'] = [],
): StreamConfigInput {
  const rtmp = destinations.map((url, index) => ({ type: 'rtmp' as const, id: `d${index + 1}`, url }));
  return {
    name: 'bench',
    input: { type: 'ingest', key },
    processing: [{ type: 'copy' }],
    output: [...rtmp, ...more],
  };
}

/** A recording beside them, in the form that is whole as soon as it is closed. */
export function recordingTo(name: string): StreamConfigInput['output'][number] {
  return { type: 'file', id: RECORDING_ID, path: `${name}.flv` };
}

/** The engine, whole process tree. It goes on running when the relay stops. */
export function streamwareRelay(engine: BenchEngine): StartRelay {
  return async (destinations) => {
    const key = `bench-${randomBytes(6).toString('hex')}`;
    const { id } = await engine.createStream(relayStream(key, destinations));
    return {
      name: relayNames.streamware,
      url: `${engine.ingestUrl}/${key}`,
      pids: () => treeOf(engine.pid),
      async stop() {
        await engine.stopStream(id);
      },
    };
  };
}

/** nginx-rtmp with one `push` line per destination. */
export const pushRelay: StartRelay = async (destinations) => ({
  name: relayNames.push,
  ...(await startNginxPush(destinations)),
});

/** One ffmpeg that takes the publisher itself. */
export const teeRelay: StartRelay = async (destinations) => {
  const port = await freePort();
  const url = `rtmp://127.0.0.1:${port}/live/in`;
  const process = await startFfmpeg([
    '-listen',
    '1',
    '-i',
    url,
    '-map',
    '0',
    '-c',
    'copy',
    ...teeArgs(destinations),
  ]);
  await waitFor(() => process.hasExited || portIsBound('tcp', port), { what: 'ffmpeg to listen' });
  return {
    name: relayNames.tee,
    url,
    pids: () => [process.pid],
    stop: () => process.stop(500),
  };
};

/** One ffmpeg per destination, all of them players of one server, which is not counted. */
export const copiesRelay: StartRelay = async (destinations) => {
  const scope = new Scope();
  const server = scope.own(await startNginxPush([]));
  const copies: PeerProcess[] = [];
  for (const url of destinations) {
    copies.push(scope.own(await startFfmpeg(['-i', server.url, '-c', 'copy', '-f', 'flv', url])));
  }
  return {
    name: relayNames.copies,
    url: server.url,
    pids: () => copies.map(({ pid }) => pid),
    stop: () => scope.end(),
  };
};
