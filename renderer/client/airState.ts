import type { OutputStatus, Stream } from '../../main/contract/streams.ts';

/**
 * `onAir`: somebody out there can see it. `connecting`: it is sent to somebody, but nobody has it just now.
 * `running`: only this computer sees it (preview, recording).
 */
export type AirState = { kind: 'onAir' | 'connecting' | 'running'; sinceMs: number } | { kind: 'off' };

/**
 * Whether the audience sees anything, over all streams. Says "on air" only when it is true.
 * @param isHlsOpen whether the engine's HLS pages can be reached from other machines
 */
export function airState(streams: readonly Stream[], isHlsOpen: boolean): AirState {
  const running = streams.filter(({ state }) => state !== 'stopped' && state !== 'failed');
  const toAudience = ({ outputs }: Stream): readonly OutputStatus[] =>
    outputs.filter((output) => output.order === 'on' && hasAudience(output, isHlsOpen));
  const onAir = running.filter(
    (stream) => stream.state !== 'starting' && toAudience(stream).some(({ state }) => state === 'live'),
  );
  if (onAir.length > 0) return { kind: 'onAir', sinceMs: earliest(onAir) };
  const connecting = running.filter((stream) => toAudience(stream).length > 0);
  if (connecting.length > 0) return { kind: 'connecting', sinceMs: earliest(connecting) };
  return running.length > 0 ? { kind: 'running', sinceMs: earliest(running) } : { kind: 'off' };
}

/** A recording has none; neither has the engine's own page while only this computer can open it. */
export function hasAudience({ kind, playbackUrl }: OutputStatus, isHlsOpen: boolean): boolean {
  if (kind === 'file') return false;
  return kind !== 'hls' || isHlsOpen || playbackUrl === null;
}

function earliest(streams: readonly Stream[]): number {
  return Math.min(...streams.map(({ startedAt, createdAt }) => startedAt ?? createdAt));
}
