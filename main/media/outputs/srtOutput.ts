/**
 * The output kind `srt`: MPEG-TS over SRT, spoken by ffmpeg's libsrt. What it adds to a plain muxer: secrets out of
 * sight, a look at the server before each attempt, and patience as a listener.
 */
import type { Output } from '../../contract/outputs.ts';
import { MuxerSession } from './muxerSession.ts';
import type { OutputContext, OutputDriver } from './outputDriver.ts';
import { PreparedSession } from './preparedSession.ts';
import { type SecretOptions, writeSecretOptions } from './secretOptions.ts';
import { describeSrtAddress, parseSrtAddress, publicUrl, type SrtAddress } from './srt/srtAddress.ts';
import { probeSrtServer } from './srt/srtProbe.ts';

type SrtConfig = Extract<Output, { type: 'srt' }>;

const CONNECT_TIMEOUT_MS = 3000;
/** libsrt gives a silent peer up after 5 s by itself; this is for what it does not notice. */
const STALL_TIMEOUT_MS = 10_000;
/** At a clean end libsrt would throw away what the receiver has not acknowledged yet: the last tenths of a second. */
const LINGER_SECONDS = '1';
/** Seven packets of a transport stream: what fits into one datagram. */
const DATAGRAM_BYTES = 1316;

/** @throws `request.invalid` */
export function createSrtOutput(config: SrtConfig, context: OutputContext): OutputDriver {
  const address = parseSrtAddress(config);
  const createSession = (): PreparedSession =>
    new PreparedSession((signal) => openSrt(address, context, signal));
  return {
    kind: 'srt',
    target: describeSrtAddress(address),
    legs: [{ id: 'main', renditionId: context.renditionIds[0] ?? 'main', createSession }],
    status: () => ({ files: [], playbackPath: null, notices: [] }),
    finish: () => Promise.resolve(),
    remove: () => Promise.resolve(),
  };
}

async function openSrt(
  address: SrtAddress,
  context: OutputContext,
  signal: AbortSignal,
): Promise<MuxerSession> {
  if (address.mode === 'caller') await probeSrtServer(address.host, address.port, context.clock, signal);
  const secrets = await writeSecrets(address, context);
  const muxer = createMuxer(address, context, secrets);
  void muxer.ended.then(() => secrets?.remove());
  await muxer.open(signal);
  return muxer;
}

async function writeSecrets(address: SrtAddress, context: OutputContext): Promise<SecretOptions | null> {
  const { passphrase, streamId, keyLengthBytes } = address;
  if (passphrase === null && streamId === null) return null;
  const options = {
    ...(passphrase === null ? {} : { passphrase: passphrase.reveal() }),
    ...(streamId === null ? {} : { streamid: streamId.reveal() }),
    ...(keyLengthBytes === null ? {} : { pbkeylen: String(keyLengthBytes) }),
  };
  return writeSecretOptions(context.folders.temporary, options, context.clock);
}

function createMuxer(
  address: SrtAddress,
  context: OutputContext,
  secrets: SecretOptions | null,
): MuxerSession {
  const { mode, latencyMs, passphrase, streamId } = address;
  const { readsEnhancedFlv } = context;
  return new MuxerSession(
    {
      purpose: 'srt',
      feed: { timestamps: 'as they are', forwardsNewHeaders: false, readsEnhancedFlv },
      outputArgs: [
        ...['-muxdelay', '0', '-muxpreload', '0', '-latency', String(latencyMs * 1000)],
        ...[
          '-pkt_size',
          String(DATAGRAM_BYTES),
          '-connect_timeout',
          String(CONNECT_TIMEOUT_MS),
          '-linger',
          LINGER_SECONDS,
        ],
        ...(secrets?.args ?? []),
        ...['-f', 'mpegts', publicUrl(address)],
      ],
      target: 'network',
      secrets: [passphrase, streamId].flatMap((secret) => (secret === null ? [] : [secret.reveal()])),
      stallTimeoutMs: STALL_TIMEOUT_MS,
      waitsForPeer: mode === 'listener',
      onRunning: () => void secrets?.remove(),
    },
    context,
  );
}
