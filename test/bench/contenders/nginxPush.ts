/** nginx-rtmp as a relay: one application that pushes what it gets to every destination. Its settings are its defaults. */
import { writeFileSync } from 'node:fs';
import { startPeer } from '../../helpers/childProcess.ts';
import { freePort } from '../../helpers/freePort.ts';
import { findNginx } from '../../helpers/nginxRtmp.ts';
import { descendantsOf, portIsBound } from '../../helpers/processTree.ts';
import { createTempFolder } from '../../helpers/tempFolder.ts';
import { waitFor } from '../../helpers/waitFor.ts';

export interface NginxPush {
  /** Where to publish, and where players find it. */
  readonly url: string;
  /** Master and worker. */
  pids(): number[];
  stop(): Promise<void>;
}

/** Starts it and resolves when its port is bound. Without destinations it is an ordinary server for players. */
export async function startNginxPush(destinations: readonly string[]): Promise<NginxPush> {
  const { path, modulePath } = findNginx();
  const folder = createTempFolder('nginx-push');
  const port = await freePort();
  const configFile = folder.file('nginx.conf');
  const pushes = destinations.map((url) => `push ${url};`).join('\n      ');
  writeFileSync(
    configFile,
    `${process.getuid?.() === 0 ? 'user root;' : ''}
${modulePath === null ? '' : `load_module ${modulePath};`}
daemon off;
worker_processes 1;
pid "${folder.file('nginx.pid')}";
error_log "${folder.file('error.log')}" error;
events { worker_connections 1024; }
rtmp {
  access_log off;
  server {
    listen 127.0.0.1:${port};
    application live {
      live on;
      ${pushes}
    }
  }
}
`,
  );
  const server = await startPeer({
    command: path,
    args: ['-c', configFile, '-p', folder.path, '-e', folder.file('error.log')],
  });
  await waitFor(
    () => server.hasExited || (portIsBound('tcp', port) && descendantsOf(server.pid).length > 0),
    {
      what: 'the relaying nginx to listen',
    },
  );
  if (server.hasExited) throw new Error(`nginx ended at its start: ${server.output()}`);
  return {
    url: `rtmp://127.0.0.1:${port}/live/in`,
    pids: () => [server.pid, ...descendantsOf(server.pid)],
    async stop() {
      // The worker goes with the master, also when a connection of its own hangs.
      for (const pid of descendantsOf(server.pid)) killNow(pid);
      await server.stop(500);
      folder.remove();
    },
  };
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
