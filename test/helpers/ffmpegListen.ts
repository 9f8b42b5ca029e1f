/** ffmpeg as an RTMP server for one publisher: it writes what it gets and ends when the publisher leaves. */
import { type PeerExit, type PeerProcess, startPeer } from './childProcess.ts';
import { freePort } from './freePort.ts';
import { portIsBound } from './processTree.ts';
import { createTempFolder } from './tempFolder.ts';
import { waitFor } from './waitFor.ts';

export interface FfmpegReceiver {
  readonly port: number;
  readonly pid: number;
  /** Where to send to. */
  readonly url: string;
  /** The file it writes. */
  readonly file: string;
  /** Settles when ffmpeg has ended and the file is complete. */
  readonly exited: Promise<PeerExit>;
  output(): string;
  kill9(): Promise<void>;
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** `ffmpeg -listen 1`, writing FLV. It accepts one connection, so it must not be probed: resolves when the port is bound. */
export async function startFfmpegListen(options: { readonly port?: number } = {}): Promise<FfmpegReceiver> {
  const port = options.port ?? (await freePort());
  const url = `rtmp://127.0.0.1:${port}/live/key`;
  return startReceiver({
    port,
    url,
    protocol: 'tcp',
    inputArgs: ['-listen', '1', '-i', url],
    fileName: 'out.flv',
  });
}

/** An SRT listener, writing MPEG-TS. `passphrase` (10 to 79 letters and digits) turns on encryption. */
export async function startSrtListener(
  options: { readonly port?: number; readonly passphrase?: string } = {},
): Promise<FfmpegReceiver> {
  const port = options.port ?? (await freePort());
  const url = `srt://127.0.0.1:${port}`;
  const secret = options.passphrase === undefined ? '' : `&passphrase=${options.passphrase}`;
  // Half a second of media tells what is in it: without the limit nothing is written for the first five.
  const inputArgs = ['-analyzeduration', '500000', '-f', 'mpegts', '-i', `${url}?mode=listener${secret}`];
  return startReceiver({ port, url, protocol: 'udp', inputArgs, fileName: 'out.ts' });
}

interface ReceiverSpec {
  readonly port: number;
  readonly url: string;
  readonly protocol: 'tcp' | 'udp';
  readonly inputArgs: readonly string[];
  readonly fileName: string;
}

async function startReceiver(spec: ReceiverSpec): Promise<FfmpegReceiver> {
  const folder = createTempFolder('receiver');
  const file = folder.file(spec.fileName);
  // -flush_packets: what has arrived is in the file at once, so that tests can watch it grow.
  const args = [
    '-nostdin',
    '-y',
    '-v',
    'warning',
    ...spec.inputArgs,
    '-c',
    'copy',
    '-flush_packets',
    '1',
    file,
  ];
  const receiver = await startPeer({ command: 'ffmpeg', args });
  await waitUntilBound(receiver, spec, () => folder.remove());
  return {
    port: spec.port,
    pid: receiver.pid,
    url: spec.url,
    file,
    exited: receiver.exited,
    output: () => receiver.output(),
    async kill9() {
      receiver.signal('SIGKILL');
      await receiver.exited;
    },
    freeze: () => receiver.signal('SIGSTOP'),
    thaw: () => receiver.signal('SIGCONT'),
    async stop() {
      await receiver.stop();
      folder.remove();
    },
  };
}

async function waitUntilBound(receiver: PeerProcess, spec: ReceiverSpec, remove: () => void): Promise<void> {
  try {
    await waitFor(() => receiver.hasExited || portIsBound(spec.protocol, spec.port), {
      what: `ffmpeg to listen on ${spec.protocol} port ${spec.port}`,
    });
    if (receiver.hasExited) throw new Error(`ffmpeg ended at its start: ${receiver.output()}`);
  } catch (error) {
    await receiver.stop();
    remove();
    throw error;
  }
}
