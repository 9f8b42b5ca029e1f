/**
 * Sees to it that no ffmpeg outlives the engine, also when the engine is killed in a way it cannot notice.
 * One tiny `sh` per engine, in a session of its own, holds the reading end of a pipe; the engine tells it which
 * children there are. When the pipe ends, the engine is gone: children that lost their input get two seconds to finish
 * their files, then SIGTERM, a second one (ffmpeg gives up blocked network reads only at the second), then SIGKILL.
 * A child is known by pid and start time, so a stranger who got the same pid later is never touched.
 *
 * It is not a supervisor: while the engine lives it does nothing. On Windows it does not exist, because libuv puts every
 * child into a job object that the system ends together with the engine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';

export interface Guardian {
  /** Puts a child under guard; returns the function to call when it has exited. */
  watch(pid: number): () => void;
  /** Pid of the helper; null on Windows and while it is being started anew. */
  readonly pid: number | null;
  /** Ends the helper. Children still under guard are ended by it within five seconds. */
  close(): Promise<void>;
}

export interface GuardianOptions {
  clock: Clock;
  logger: Logger;
  platform?: NodeJS.Platform;
}

/** A helper that dies sooner than this is not started again at once, lest a broken `sh` becomes a loop. */
const QUICK_DEATH_MS = 5000;
const RESTART_DELAY_MS = 1000;

/** `id` is the start time: field 22 of /proc/PID/stat (counted behind the name, which may hold blanks), elsewhere what `ps` says. */
const SCRIPT = `
trap '' HUP INT QUIT TERM
children=
identify() {
  id=; line=
  if [ -d /proc/self ]; then
    [ -r "/proc/$1/stat" ] || return 0
    while IFS= read -r part; do line=$part; done < "/proc/$1/stat"
    set -- \${line##*) }
    [ $# -ge 20 ] && [ "$1" != Z ] && id=\${20}
  else
    set -- $(ps -o lstart= -p "$1" 2>/dev/null)
    IFS=_; id="$*"; unset IFS
  fi
} 2>/dev/null
forget() {
  kept=
  for child in $children; do [ "\${child%%:*}" = "$1" ] || kept="$kept $child"; done
  children=$kept
}
anyone() {
  alive=
  for child in $children; do
    pid=\${child%%:*}
    identify "$pid"
    [ -n "$id" ] && [ "$child" = "$pid:$id" ] && alive="$alive $pid"
  done
  [ -n "$alive" ]
}
signal() {
  for pid in $alive; do kill -s "$1" -- "-$pid" || kill -s "$1" "$pid"; done 2>/dev/null
}
while read -r verb pid; do
  case $pid in '' | *[!0-9]*) continue ;; esac
  forget "$pid"
  [ "$verb" = add ] || continue
  identify "$pid"
  [ -z "$id" ] || children="$children $pid:$id"
done
for step in - - TERM TERM KILL; do
  anyone || exit 0
  [ "$step" = - ] || signal "$step"
  [ "$step" = KILL ] || sleep 1
done
`;

export function createGuardian(options: GuardianOptions): Guardian {
  if ((options.platform ?? process.platform) === 'win32') {
    return { watch: () => () => undefined, pid: null, close: () => Promise.resolve() };
  }
  return new ShellGuardian(options.clock, options.logger);
}

class ShellGuardian implements Guardian {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #children = new Set<number>();
  #helper: ChildProcess | null = null;
  #restart: Timer | null = null;
  #closed = false;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
    this.#start();
  }

  get pid(): number | null {
    return this.#helper?.pid ?? null;
  }

  watch(pid: number): () => void {
    this.#children.add(pid);
    this.#tell(`add ${pid}`);
    return (): void => {
      if (this.#children.delete(pid)) this.#tell(`remove ${pid}`);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#restart?.cancel();
    const helper = this.#helper;
    if (helper === null || helper.exitCode !== null || helper.signalCode !== null) return;
    helper.ref();
    const gone = new Promise<void>((resolve) => void helper.once('exit', () => resolve()));
    helper.stdin?.end();
    await gone;
  }

  #start(): void {
    const startedMs = this.#clock.monotonicMs();
    const helper = spawn('/bin/sh', ['-c', SCRIPT, 'streamware-guardian'], {
      cwd: '/',
      detached: true,
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#helper = helper;
    helper.on('error', () => undefined); // ends in `exit` or in a missing pid; both are handled below
    helper.stdin?.on('error', () => undefined);
    helper.unref();
    unrefPipe(helper);
    if (helper.pid === undefined) {
      this.#lost(startedMs);
      return;
    }
    helper.once('exit', () => this.#lost(startedMs));
    for (const pid of this.#children) this.#tell(`add ${pid}`);
  }

  #lost(startedMs: number): void {
    this.#helper = null;
    if (this.#closed) return;
    this.#logger.warn('guardian ended, starting a new one', { children: this.#children.size });
    const isQuick = this.#clock.monotonicMs() - startedMs < QUICK_DEATH_MS;
    if (isQuick) this.#restart = this.#clock.after(RESTART_DELAY_MS, () => this.#start());
    else this.#start();
  }

  #tell(line: string): void {
    this.#helper?.stdin?.write(`${line}\n`);
  }
}

/** The pipe alone must not keep the engine, or a short command, from ending. */
function unrefPipe(helper: ChildProcess): void {
  const pipe = helper.stdin;
  if (pipe !== null && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
}
