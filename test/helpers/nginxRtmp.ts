/**
 * A real nginx with the RTMP module on 127.0.0.1: the independent server against which destinations are tested.
 * It records what it receives, reports who publishes, and can be refused, killed, frozen and brought back.
 * Every application records each publish into a file of its own, so that the receivers' side can be counted afterwards.
 */
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { httpGet, startCallbackServer } from './callbackServer.ts';
import { findProgram, type PeerProcess, startPeer } from './childProcess.ts';
import { freePort, isListening } from './freePort.ts';
import { type NginxStream, parseNginxStat } from './nginxStat.ts';
import { descendantsOf } from './processTree.ts';
import { createTempFolder } from './tempFolder.ts';
import { waitFor } from './waitFor.ts';

const MODULE_FILES = [
  '/usr/lib/nginx/modules/ngx_rtmp_module.so',
  '/usr/lib64/nginx/modules/ngx_rtmp_module.so',
  '/usr/share/nginx/modules/ngx_rtmp_module.so',
  '/usr/local/lib/nginx/modules/ngx_rtmp_module.so',
];

/** One publish as nginx was asked for it. */
interface ReceivedPublish {
  readonly app: string;
  /** The key up to the first `?`, decoded. */
  readonly name: string;
  /** What followed the `?`, exactly as it came. */
  readonly args: string;
  readonly tcUrl: string;
  readonly flashVer: string;
  /** The callback's body as it came. */
  readonly body: string;
}

type PublishAnswer = 'accept' | 'refuse';

export interface NginxRtmpOptions {
  /** RTMP port; a free one by default. */
  readonly port?: number;
  /** Existing folder for the recordings; one in the temporary folder by default. */
  readonly recordPath?: string;
  readonly onPublish?: PublishAnswer | ((publish: ReceivedPublish) => PublishAnswer | Promise<PublishAnswer>);
  /** Application names; default `live`, `app` and `rec`. Others are refused at connect. */
  readonly applications?: readonly string[];
  /** RTMP URLs to which application `live` pushes on what it receives. */
  readonly push?: readonly string[];
  /** Whether every publish is written to a file. Default true; without, it only counts what it gets. */
  readonly isRecording?: boolean;
}

export interface NginxRtmp {
  readonly port: number;
  /** The master's pid. */
  readonly pid: number;
  url(app: string, key: string): string;
  /** Every publish so far, oldest first. */
  published(): ReceivedPublish[];
  /** What it has at this moment, by its statistics page. */
  stat(): Promise<NginxStream[]>;
  /**
   * Recorded FLV files, oldest first; with `key` those of that key alone.
   * The names have a resolution of one second: a key published twice within a second leaves only the second file.
   */
  recordings(key?: string): string[];
  /** Drops the publisher of a key, as an operator would. */
  dropPublisher(app: string, key: string): Promise<void>;
  /** SIGKILL to master and workers: connections reset, the port refuses. */
  kill9(): Promise<void>;
  /** SIGSTOP to master and workers: connections stay open and nothing moves. */
  freeze(): void;
  thaw(): void;
  /** Starts it again on the same port with the same folders; ends it before when it runs. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it and resolves when its port accepts connections. Rejects with the package to install when nginx or the module is missing. */
export async function startNginxRtmp(options: NginxRtmpOptions = {}): Promise<NginxRtmp> {
  const binary = findNginx();
  const folder = createTempFolder('nginx');
  const publishes: ReceivedPublish[] = [];
  const decide = options.onPublish ?? 'accept';
  const callbacks = await startCallbackServer(async (body) => {
    const publish = parsePublish(body);
    publishes.push(publish);
    return (typeof decide === 'function' ? await decide(publish) : decide) === 'accept' ? 204 : 403;
  });
  const [port, httpPort] = [options.port ?? (await freePort()), await freePort()];
  const recordPath = options.recordPath ?? folder.path;
  const configFile = folder.file('nginx.conf');
  writeFileSync(
    configFile,
    configuration({ port, httpPort, recordPath, folder: folder.path, callbackUrl: callbacks.url, options }),
  );
  const start = (): Promise<PeerProcess> => startServer(binary, configFile, folder.path, port);
  let server = await start().catch(async (error: unknown) => {
    await callbacks.stop();
    folder.remove();
    throw error;
  });

  const signalAll = (name: NodeJS.Signals): void => {
    for (const pid of [server.pid, ...descendantsOf(server.pid)]) signalPid(pid, name);
  };
  const kill9 = async (): Promise<void> => {
    signalAll('SIGKILL');
    await server.exited;
    await waitFor(async () => !(await isListening(port)), {
      what: `port ${port} to be closed after kill -9 of nginx`,
    });
  };
  const get = (path: string): Promise<string> => httpGet(`http://127.0.0.1:${httpPort}${path}`);
  return {
    port,
    get pid() {
      return server.pid;
    },
    url: (app, key) => `rtmp://127.0.0.1:${port}/${app}/${key}`,
    published: () => [...publishes],
    stat: async () => parseNginxStat(await get('/stat')),
    recordings: (key) => listRecordings(recordPath, key),
    async dropPublisher(app, key) {
      await get(`/control/drop/publisher?app=${encodeURIComponent(app)}&name=${encodeURIComponent(key)}`);
    },
    kill9,
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    async restart() {
      if (!server.hasExited) await kill9();
      server = await start();
    },
    async stop() {
      if (!server.hasExited) await kill9();
      await callbacks.stop();
      folder.remove();
    },
  };
}

interface FoundNginx {
  readonly path: string;
  /** Null when the module is built in. */
  readonly modulePath: string | null;
}

/** Throws with the package to install when nginx or its RTMP module is missing. */
export function findNginx(): FoundNginx {
  const path = process.env.NGX_BIN ?? findProgram('nginx');
  if (path === null) {
    throw new Error('nginx is missing; on Debian and Ubuntu: apt-get install nginx libnginx-mod-rtmp');
  }
  const candidates = [process.env.NGX_RTMP_SO ?? '', ...MODULE_FILES];
  const modulePath = candidates.find((file) => file !== '' && existsSync(file));
  if (modulePath === undefined) {
    throw new Error(
      `nginx has no RTMP module (looked for ${MODULE_FILES.join(', ')}); on Debian and Ubuntu: apt-get install libnginx-mod-rtmp`,
    );
  }
  return { path, modulePath };
}

async function startServer(
  binary: FoundNginx,
  configFile: string,
  folder: string,
  port: number,
): Promise<PeerProcess> {
  const args = ['-c', configFile, '-p', folder, '-e', join(folder, 'error.log')];
  const server = await startPeer({ command: binary.path, args });
  try {
    await waitFor(
      async () => {
        if (server.hasExited) return true;
        return (await isListening(port)) && descendantsOf(server.pid).length > 0;
      },
      { what: `nginx to listen on port ${port}` },
    );
  } catch (error) {
    await server.stop();
    throw error;
  }
  if (server.hasExited) throw new Error(`nginx ended at its start: ${server.output()}`);
  return server;
}

interface Configuration {
  readonly port: number;
  readonly httpPort: number;
  readonly recordPath: string;
  readonly folder: string;
  readonly callbackUrl: string;
  readonly options: NginxRtmpOptions;
}

function configuration(config: Configuration): string {
  const { modulePath } = findNginx();
  const application = (name: string): string => `
    application ${name} {
      live on;
      ${config.options.isRecording === false ? 'record off;' : `record all; record_path "${config.recordPath}"; record_unique on;`}
      on_publish ${config.callbackUrl};
      ${name === 'live' ? (config.options.push ?? []).map((url) => `push ${url};`).join('\n') : ''}
    }`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path "${config.folder}/tmp-${kind}";`)
    .join('\n  ');
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
${modulePath === null ? '' : `load_module ${modulePath};`}
daemon off;
worker_processes 1;
pid "${config.folder}/nginx.pid";
error_log "${config.folder}/error.log" info;
events { worker_connections 1024; }
rtmp {
  server {
    listen 127.0.0.1:${config.port};
    ping 5s;
    ping_timeout 5s;
    max_message 16M;
    ${(config.options.applications ?? ['live', 'app', 'rec']).map(application).join('')}
  }
}
http {
  access_log off;
  ${temporary}
  server {
    listen 127.0.0.1:${config.httpPort};
    location /stat { rtmp_stat all; }
    location /control { rtmp_control all; }
  }
}
`;
}

/** The callback's form: fixed fields, then `name` and `type`, then the publisher's own arguments unescaped. */
function parsePublish(body: string): ReceivedPublish {
  const fields = new URLSearchParams(body);
  const args = /&name=[^&]*&type=[^&]*(?:&(?<args>.*))?$/s.exec(body)?.groups?.args ?? '';
  return {
    app: fields.get('app') ?? '',
    name: decodeURIComponent(/&name=(?<name>[^&]*)/.exec(body)?.groups?.name ?? ''),
    args,
    tcUrl: fields.get('tcurl') ?? '',
    flashVer: fields.get('flashver') ?? '',
    body,
  };
}

/** nginx-rtmp names a recording `KEY-TIMESTAMP.flv`, the key percent-encoded. */
function listRecordings(folder: string, key?: string): string[] {
  const prefix = key === undefined ? '' : `${encodeURIComponent(key)}-`;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.flv') && name.startsWith(prefix))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(a).birthtimeMs - statSync(b).birthtimeMs);
}

function signalPid(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already, which is what a signal sent to a dying tree meets.
  }
}
