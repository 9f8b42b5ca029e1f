/**
 * The engine's log: JSON lines in rotating files, and readable lines on a terminal. Every line is scrubbed here,
 * at the sink, whoever wrote it. It knows nothing of what is logged and never throws into the code that logs.
 */
import type { Clock } from './clock.ts';
import { createLogger, type Logger, type LogLevel, type LogRecord } from './logger.ts';
import { LogThrottle } from './logThrottle.ts';
import { toPlain } from './plainValue.ts';
import { prettyLine } from './prettyLine.ts';
import type { Redactor } from './redactor.ts';
import { RotatingFile } from './rotatingFile.ts';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const MAX_LINE_LENGTH = 32 * 1024;
const RESERVED = new Set(['at', 'level', 'message']);

export interface RotatingLogOptions {
  /** Where the files go; made when missing. Null: no files. */
  folder: string | null;
  clock: Clock;
  redactor: Redactor;
  /** Default `info`. */
  level?: LogLevel;
  /** Default 5 MiB. */
  maxFileBytes?: number;
  /** Default 5: at most 25 MiB in all. */
  maxFiles?: number;
  /** Gets readable lines too, such as `process.stderr`. */
  console?: { write(text: string): unknown; isTTY?: boolean | undefined } | undefined;
}

export interface RotatingLog {
  readonly logger: Logger;
  /** The current file, or null without files. */
  readonly path: string | null;
  setLevel(level: LogLevel): void;
  /** Writes what the flood limit holds back. Call before the process ends. */
  flush(): void;
  /** `flush`, and lets go of the file. */
  close(): void;
}

export function openRotatingLog(options: RotatingLogOptions): RotatingLog {
  const { folder, clock, redactor, maxFileBytes = 5 * 1024 * 1024, maxFiles = 5 } = options;
  const lossNotice = (lostLines: number): string => jsonLine(lossRecord(lostLines), clock.nowMs());
  const file =
    folder === null
      ? null
      : new RotatingFile({ folder, name: 'streamware', maxFileBytes, maxFiles, lossNotice });
  const scrub = (text: string): string => redactor.scrub(text);
  let minLevel = LEVELS.indexOf(options.level ?? 'info');

  const write = (record: LogRecord): void => {
    const atMs = clock.nowMs();
    file?.append(jsonLine(record, atMs));
    writeToConsole(options.console, record, atMs);
  };
  const throttle = new LogThrottle(write, { clock });
  const logger = createLogger((record) => {
    if (LEVELS.indexOf(record.level) < minLevel) return;
    const plain: LogRecord = {
      level: record.level,
      message: scrub(record.message),
      fields: toPlain(record.fields, scrub) as Record<string, unknown>,
    };
    throttle.pass(plain, JSON.stringify(plain.fields));
  });

  return {
    logger,
    path: file?.path ?? null,
    setLevel: (level: LogLevel): void => {
      minLevel = LEVELS.indexOf(level);
    },
    flush: (): void => throttle.flush(),
    close(): void {
      throttle.flush();
      file?.close();
    },
  };
}

function writeToConsole(target: RotatingLogOptions['console'], record: LogRecord, atMs: number): void {
  try {
    target?.write(`${prettyLine(record, atMs, target.isTTY === true)}\n`);
  } catch {
    // A terminal that was closed must not end a broadcast; the file has the line.
  }
}

/** One record as one line of JSON: `at` (ISO 8601, UTC), `level`, `message`, then the fields. */
function jsonLine(record: LogRecord, atMs: number): string {
  const fields = Object.entries(record.fields).map(([name, value]) => [
    RESERVED.has(name) ? `${name}_` : name,
    value,
  ]);
  const { level, message } = record;
  const head = { at: new Date(atMs).toISOString(), level, message };
  const line = JSON.stringify({ ...head, ...Object.fromEntries(fields) });
  return line.length <= MAX_LINE_LENGTH
    ? line
    : JSON.stringify({ ...head, cut: line.slice(0, MAX_LINE_LENGTH / 4) });
}

function lossRecord(lostLines: number): LogRecord {
  return { level: 'warn', message: 'log lines could not be written', fields: { lostLines } };
}
