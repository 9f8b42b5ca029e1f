/** What the studio reads from a stream's configuration. It comes as it was asked for, so every look is careful. */

/** Video bitrate that was asked for, kbit/s; null when it was left to the engine. */
export function videoBitrateOf(config: unknown): number | null {
  const steps = fieldOf(config, 'processing');
  if (!Array.isArray(steps)) return null;
  const transcode = steps.find((step) => fieldOf(step, 'type') === 'transcode');
  return numberOrNull(fieldOf(transcode, 'bitrateKbps'));
}

/** Length of the replay buffer in seconds; 0 when it is switched off. */
export function replaySecondsOf(config: unknown): number {
  return numberOrNull(fieldOf(config, 'replaySeconds')) ?? 30;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}
