/** What the command's exit code says. Stable: scripts rely on it. */
export const exitCodes = {
  ok: 0,
  /** It was tried and did not work: an output did not deliver, a check failed, the engine refused. */
  failed: 1,
  /** The arguments or the file cannot be used; nothing was started. */
  usage: 2,
  /** The command needs a running engine and there is none. */
  noEngine: 3,
  /** An engine runs on this data folder already. */
  alreadyRunning: 4,
  /** Ended by a second Ctrl-C, as shells have it (128 + SIGINT). */
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
