/** The engine as users start it: the built command, a process of its own, a data folder that is thrown away. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EngineClient } from '../../main/cli/engineClient.ts';
import { getEngine } from '../../main/contract/api/engine.ts';
import * as api from '../../main/contract/api/streams.ts';
import { type EngineEventType, EVENTS_PATH, EVENTS_PROTOCOL } from '../../main/contract/events.ts';
import type { Stream, StreamConfigInput } from '../../main/contract/streams.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { type PeerProcess, startPeer } from '../helpers/childProcess.ts';
import { createTempFolder } from '../helpers/tempFolder.ts';
import { waitFor, within } from '../helpers/waitFor.ts';
import { RECORDING_ID } from './contenders/relays.ts';
import { EngineEvents } from './engineEvents.ts';

export const builtProgram = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url));

const START_TIMEOUT_MS = 30_000;
/** A stream may have to try its encoders first. */
const LIVE_TIMEOUT_MS = 60_000;

export class BenchEngine {
  readonly pid: number;
  readonly client: EngineClient;
  /** Where publishers push to, without the key. */
  readonly ingestUrl: string;
  readonly dataDir: string;
  readonly #process: PeerProcess;
  readonly #address: { readonly url: string; readonly token: string };
  readonly #endings: (() => void)[];

  private constructor(
    process: PeerProcess,
    address: { url: string; token: string; dataDir: string; ingestUrl: string },
    endings: (() => void)[],
  ) {
    this.pid = process.pid;
    this.#process = process;
    this.#address = address;
    this.client = new EngineClient(address);
    this.ingestUrl = address.ingestUrl;
    this.dataDir = address.dataDir;
    this.#endings = endings;
  }

  /** Starts it on free ports and resolves when it serves. `nodeArgs`: for a profile, say. */
  static async start(program: string, nodeArgs: readonly string[] = []): Promise<BenchEngine> {
    const folder = createTempFolder('bench-engine');
    const serve = ['serve', '--port', '0', '--ingest-port', '0', '--data', folder.path, '--quiet'];
    const process_ = await startPeer({
      command: process.execPath,
      args: [...nodeArgs, program, ...serve],
      cwd: folder.path,
      ownStdout: true,
    });
    const { url } = await within(firstLine(process_), {
      what: 'the engine to serve',
      timeoutMs: START_TIMEOUT_MS,
    });
    const token = readFileSync(folder.file('api-token'), 'utf8').trim();
    const { ingestUrl } = await new EngineClient({ url, token }).call(getEngine);
    if (ingestUrl === null) throw new Error('the engine takes no publishers');
    return new BenchEngine(process_, { url, token, dataDir: folder.path, ingestUrl }, [
      () => folder.remove(),
    ]);
  }

  /** Listens to events from now on. */
  events(types: readonly EngineEventType[]): Promise<EngineEvents> {
    const url = `${this.#address.url.replace('http', 'ws')}${EVENTS_PATH}`;
    return EngineEvents.open(url, [EVENTS_PROTOCOL, `bearer.${this.#address.token}`], types);
  }

  async createStream(config: StreamConfigInput): Promise<Stream> {
    // The schema fills in what is left out; the type of the client asks for the filled-in form.
    const body = config as never;
    return await this.client.call(api.createStream, { body });
  }

  /** Resolves when the stream and every output of these ids (default: all) is live. */
  async untilLive(streamId: string, outputIds?: readonly string[]): Promise<Stream> {
    return await waitFor(
      async () => {
        const stream = await this.client.call(api.getStream, { params: { streamId } });
        const wanted = stream.outputs.filter(({ id }) => outputIds?.includes(id) ?? true);
        if (stream.state === 'failed') throw new Error(`the stream failed: ${stream.reason?.title}`);
        const late = wanted.filter(({ state }) => state !== 'live');
        if (late.length === 0 && stream.state === 'live') return stream;
        throw new Error(
          `${stream.state}; not live: ${late.map(({ id, state }) => `${id} ${state}`).join(', ')}`,
        );
      },
      { what: 'the stream and its outputs to be live', timeoutMs: LIVE_TIMEOUT_MS, intervalMs: 100 },
    );
  }

  async health(streamId: string) {
    return await this.client.call(api.getStreamHealth, { params: { streamId } });
  }

  /** Stops the stream; gives how long that took, in seconds. */
  async stopStream(streamId: string): Promise<number> {
    const fromMs = systemClock.monotonicMs();
    await this.client.call(api.stopStream, { params: { streamId } });
    return (systemClock.monotonicMs() - fromMs) / 1000;
  }

  /** The files of a recording output of a stream that was stopped. */
  async recordingOf(streamId: string): Promise<readonly string[]> {
    const stream = await this.client.call(api.getStream, { params: { streamId } });
    return stream.outputs.find(({ id }) => id === RECORDING_ID)?.files ?? [];
  }

  async stop(): Promise<void> {
    await this.#process.stop(10_000);
    for (const end of this.#endings) end();
  }
}

async function firstLine(engine: PeerProcess): Promise<{ url: string }> {
  const stdout = engine.process.stdout;
  if (stdout === null) throw new Error('the engine has no output');
  for await (const line of createInterface({ input: stdout })) return JSON.parse(line) as { url: string };
  throw new Error(`the engine ended at its start: ${engine.output()}`);
}
