/** The plain ffmpeg commands the bench runs: as publishers of material and as peers to be held against. */
import { type PeerProcess, startPeer } from '../../helpers/childProcess.ts';

const quiet = ['-nostdin', '-hide_banner', '-v', 'error'];

/** Plays a file in real time, again and again. */
export function looped(file: string): string[] {
  return ['-re', '-stream_loop', '-1', '-i', file];
}

/** Pushes a coded file to an RTMP server as it is. */
export function startPublisher(file: string, url: string): Promise<PeerProcess> {
  return startFfmpeg([...looped(file), '-c', 'copy', '-f', 'flv', url]);
}

/** The command of the raw measurements: x264 veryfast, key frame each 2 s, capped rate, AAC 128 kbit/s. */
export function encodeArgs(bitrateKbps: number, preset = 'veryfast'): string[] {
  const rate = `${bitrateKbps}k`;
  return [
    ...['-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', preset],
    ...['-b:v', rate, '-maxrate', rate, '-bufsize', rate, '-g', '60', '-c:a', 'aac', '-b:a', '128k'],
  ];
}

export function startFfmpeg(args: readonly string[]): Promise<PeerProcess> {
  return startPeer({ command: 'ffmpeg', args: [...quiet, ...args] });
}

/** The tee muxer with a FIFO per destination, tuned to notice and to come back as fast as it can. */
const TUNED_FIFO = [
  'attempt_recovery=1',
  'drop_pkts_on_overflow=1',
  'recovery_wait_time=1',
  'recover_any_error=1',
  'restart_with_keyframe=1',
  'queue_size=600',
].join(':');

/** Output arguments that send one coded stream to several destinations. */
export function teeArgs(destinations: readonly string[]): string[] {
  const slaves = destinations.map((url) => `[f=flv:onfail=ignore]${url}`).join('|');
  return ['-f', 'tee', '-use_fifo', '1', '-fifo_options', TUNED_FIFO, slaves];
}
