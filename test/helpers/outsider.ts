/** A real engine as somebody outside sees it: through its API alone, with a token. What it says is kept, to be searched for secrets. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../../main/contract/errors.ts';
import { type Stream, type StreamConfigInput, streamSchema } from '../../main/contract/streams.ts';
import type { EngineOptions } from '../../main/engine.ts';
import { startTestEngine, type TestEngine } from './testEngine.ts';
import { waitFor } from './waitFor.ts';
import { sharedCache } from './warmEncoders.ts';

export interface Answer {
  readonly status: number;
  /** Parsed; null for an empty answer. */
  readonly body: unknown;
}

export class Outsider {
  readonly engine: TestEngine;
  /** Everything the API answered, as text. */
  readonly heard: string[] = [];
  readonly #token: string;

  private constructor(engine: TestEngine) {
    this.engine = engine;
    this.#token = readFileSync(join(engine.dataDir, 'api-token'), 'utf8').trim();
  }

  static async meet(options: EngineOptions = {}): Promise<Outsider> {
    return new Outsider(await startTestEngine({ port: 0, sharedCache, ...options }));
  }

  /** @param path below /api/v1 */
  async call(method: string, path: string, body?: unknown, token = this.#token): Promise<Answer> {
    const response = await fetch(`${this.engine.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    this.heard.push(text);
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  /** Creates a stream and gives its id. @throws the refusal as text */
  async create(config: StreamConfigInput & { start?: boolean }): Promise<string> {
    const answer = await this.call('POST', '/streams', config);
    if (answer.status !== 201) throw new Error(`refused: ${JSON.stringify(answer.body)}`);
    return streamSchema.parse(answer.body).id;
  }

  /** The refusal of a stream. @throws when it was taken */
  async refusalOf(config: unknown, token?: string): Promise<Problem> {
    const answer = await this.call('POST', '/streams', config, token);
    if (answer.status < 400) throw new Error(`taken: ${JSON.stringify(config)}`);
    return answer.body as Problem;
  }

  async stream(streamId: string): Promise<Stream> {
    return streamSchema.parse((await this.call('GET', `/streams/${streamId}`)).body);
  }

  /** Waits until a stream looks as described, and gives it. */
  async until(streamId: string, what: string, looks: (stream: Stream) => boolean): Promise<Stream> {
    return await waitFor(
      async () => {
        const stream = await this.stream(streamId);
        return looks(stream) ? stream : null;
      },
      { what, timeoutMs: 20_000, intervalMs: 100 },
    );
  }

  async untilLive(streamId: string): Promise<Stream> {
    const isSending = (stream: Stream): boolean =>
      stream.outputs.every(({ state, framesSent }) => state === 'live' && framesSent > 5);
    return await this.until(streamId, 'every output to be live', isSending);
  }

  /** A token for plugins: it steers streams, but does not own the engine. */
  async pluginToken(): Promise<string> {
    const { body } = await this.call('POST', '/tokens', { name: 'plugin', scope: 'control' });
    return (body as { token: string }).token;
  }

  /** Every file below a folder of the data folder, by its path in there. */
  files(folder: 'recordings' | 'media/hls' | 'cache/recordings'): string[] {
    const root = join(this.engine.dataDir, folder);
    if (!existsSync(root)) return [];
    const entries = readdirSync(root, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .sort();
  }

  async close(): Promise<void> {
    await this.engine.close();
  }
}
