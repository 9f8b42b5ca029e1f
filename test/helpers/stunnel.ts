/** stunnel in front of a plain server: turns any RTMP peer into an RTMPS one. */
import { writeFileSync } from 'node:fs';
import { findProgram, startPeer } from './childProcess.ts';
import { freePort, isListening } from './freePort.ts';
import { createTempFolder } from './tempFolder.ts';
import { createTestCertificate } from './testCertificate.ts';
import { waitFor } from './waitFor.ts';

export interface StunnelPeer {
  readonly port: number;
  readonly pid: number;
  /** PEM file to trust, for clients that shall accept the certificate (it names `localhost` and 127.0.0.1). */
  readonly certificateFile: string;
  output(): string;
  kill9(): Promise<void>;
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** Starts it on 127.0.0.1 in front of `targetPort`; resolves when it accepts connections. */
export async function startStunnel(
  targetPort: number,
  options: { readonly port?: number } = {},
): Promise<StunnelPeer> {
  const command = findProgram('stunnel4') ?? findProgram('stunnel');
  if (command === null) throw new Error('stunnel is missing; on Debian and Ubuntu: apt-get install stunnel4');
  const folder = createTempFolder('stunnel');
  const port = options.port ?? (await freePort());
  const certificate = await createTestCertificate(folder.path);
  writeFileSync(
    folder.file('stunnel.conf'),
    `foreground = yes
pid =
syslog = no
debug = notice
[rtmps]
accept = 127.0.0.1:${port}
connect = 127.0.0.1:${targetPort}
cert = ${certificate.certificateFile}
key = ${certificate.keyFile}
`,
  );
  const server = await startPeer({ command, args: [folder.file('stunnel.conf')] });
  const stop = async (): Promise<void> => {
    await server.stop();
    folder.remove();
  };
  try {
    await waitFor(async () => server.hasExited || (await isListening(port)), {
      what: `stunnel to listen on ${port}`,
    });
    if (server.hasExited) throw new Error(`stunnel ended at its start: ${server.output()}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    pid: server.pid,
    certificateFile: certificate.certificateFile,
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
