/**
 * node-media-server 4 on 127.0.0.1, as a process of its own: a second, independent RTMP server.
 * It records every publish. A publisher that returns within its grace time goes on in the same file.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { startCallbackServer } from './callbackServer.ts';
import { startPeer } from './childProcess.ts';
import { freePort, isListening } from './freePort.ts';
import { createTempFolder } from './tempFolder.ts';
import { waitFor } from './waitFor.ts';

interface NodeMediaServerPublish {
  readonly app: string;
  readonly name: string;
  readonly query: Readonly<Record<string, string>>;
}

export interface NodeMediaServerPeer {
  readonly port: number;
  readonly pid: number;
  url(app: string, key: string): string;
  /** Publishes it accepted, oldest first. */
  published(): NodeMediaServerPublish[];
  /** FLV files it wrote. */
  recordings(): string[];
  /** What it printed last. */
  output(): string;
  kill9(): Promise<void>;
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** Starts it and resolves when its RTMP port accepts connections. */
export async function startNodeMediaServer(
  options: { readonly port?: number } = {},
): Promise<NodeMediaServerPeer> {
  const folder = createTempFolder('nms');
  const publishes: NodeMediaServerPublish[] = [];
  const callbacks = await startCallbackServer((body) => {
    const event = JSON.parse(body) as NodeMediaServerPublish & { readonly action: string };
    if (event.action === 'postPublish')
      publishes.push({ app: event.app, name: event.name, query: event.query });
    return 200;
  });
  const port = options.port ?? (await freePort());
  writeFileSync(
    folder.file('config.json'),
    JSON.stringify({
      bind: '127.0.0.1',
      notify: { url: callbacks.url },
      store: { path: folder.file('data') },
      auth: { play: false, publish: false, jwt: { secret: 'test', users: [] } },
      rtmp: { port },
      webadmin: { enable: false },
      record: { auto: true, path: folder.file('record') },
    }),
  );
  const server = await startPeer({
    command: process.execPath,
    args: [programPath(), '-c', folder.file('config.json'), '--no-admin'],
    cwd: folder.path,
  });
  const stop = async (): Promise<void> => {
    server.signal('SIGKILL');
    await server.exited;
    await callbacks.stop();
    folder.remove();
  };
  try {
    await waitFor(async () => server.hasExited || (await isListening(port)), {
      what: `node-media-server to listen on port ${port}`,
      timeoutMs: 20_000,
    });
    if (server.hasExited) throw new Error(`node-media-server ended at its start: ${server.output()}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    pid: server.pid,
    url: (app, key) => `rtmp://127.0.0.1:${port}/${app}/${key}`,
    published: () => [...publishes],
    recordings: () => listFlvFiles(folder.file('record')),
    output: () => server.output(),
    async kill9() {
      server.signal('SIGKILL');
      await server.exited;
    },
    freeze: () => server.signal('SIGSTOP'),
    thaw: () => server.signal('SIGCONT'),
    stop,
  };
}

function programPath(): string {
  const manifest = createRequire(import.meta.url).resolve('node-media-server/package.json');
  return join(dirname(manifest), 'bin', 'app.js');
}

function listFlvFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.flv'))
    .sort()
    .map((name) => join(folder, name));
}
