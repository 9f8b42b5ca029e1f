/**
 * RTMP through an ffmpeg child (`driver: "ffmpeg"`): a second, independent implementation, for comparison and for
 * emergencies. Application, key and the rest of the address reach it through a private file, never its command line.
 * Compared with the native publisher it cannot authenticate with a user name, does not see acknowledgements (a frozen
 * server is noticed when the kernel's buffers are full), and costs a process.
 */
import { StreamwareError } from '../../contract/errors.ts';
import type { RtmpAddress, RtmpTarget } from '../rtmp/rtmpUrl.ts';
import { MuxerSession } from './muxerSession.ts';
import type { OutputContext } from './outputDriver.ts';
import type { OutputSessionFactory } from './outputSession.ts';
import { PreparedSession } from './preparedSession.ts';
import { writeSecretOptions } from './secretOptions.ts';

export interface RtmpFfmpegOptions extends RtmpAddress {
  readonly allowInsecureTls: boolean;
}

const STALL_TIMEOUT_MS = 10_000;
/** ffmpeg waits for a socket this long, microseconds. */
const SOCKET_TIMEOUT_US = '10000000';

/** @throws `request.invalid` for an address that this driver cannot serve without showing a password */
export function createRtmpFfmpegSessions(
  options: RtmpFfmpegOptions,
  context: OutputContext,
): OutputSessionFactory {
  if (options.target.credentials !== null) {
    throw new StreamwareError('request.invalid', {
      field: 'driver',
      detail: 'The driver "ffmpeg" cannot sign in with a user name without showing the password.',
      hint: 'Use the driver "native".',
    });
  }
  return () => new PreparedSession((signal) => openRtmp(options, context, signal));
}

async function openRtmp(
  options: RtmpFfmpegOptions,
  context: OutputContext,
  signal: AbortSignal,
): Promise<MuxerSession> {
  const { target, key } = options;
  const { app, tcUrl } = target;
  const hidden = { rtmp_app: app, rtmp_tcurl: tcUrl, rtmp_playpath: key.reveal() };
  const secrets = await writeSecretOptions(context.folders.temporary, hidden, context.clock);
  const muxer = new MuxerSession(
    {
      purpose: 'rtmp',
      feed: {
        timestamps: 'from zero',
        forwardsNewHeaders: true,
        readsEnhancedFlv: context.readsEnhancedFlv,
      },
      outputArgs: [
        ...['-flvflags', 'no_duration_filesize', '-rw_timeout', SOCKET_TIMEOUT_US],
        ...(target.isSecure ? ['-tls_verify', options.allowInsecureTls ? '0' : '1'] : []),
        ...secrets.args,
        ...['-f', 'flv', serverUrl(target)],
      ],
      target: 'network',
      secrets: [key.reveal(), app],
      stallTimeoutMs: STALL_TIMEOUT_MS,
      onRunning: (): void => void secrets.remove(),
    },
    context,
  );
  void muxer.ended.then(() => secrets.remove());
  await muxer.open(signal);
  return muxer;
}

/** Server and port alone. */
function serverUrl({ isSecure, host, port }: RtmpTarget): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return `${isSecure ? 'rtmps' : 'rtmp'}://${shown}:${port}/`;
}
