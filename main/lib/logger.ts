/**
 * Logging as a port. The message is constant text, values go into fields, identity through `child`.
 * Levels: error = a person must act; warn = degraded, mends itself; info = one per state transition; debug = the rest.
 */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

export interface LogRecord {
  level: LogLevel;
  message: string;
  fields: LogFields;
}

/** Builds a logger that hands every record to `write`, with the fields of its parents merged in. */
export function createLogger(write: (record: LogRecord) => void, fields: LogFields = {}): Logger {
  const log =
    (level: LogLevel) =>
    (message: string, own: LogFields = {}): void =>
      write({ level, message, fields: { ...fields, ...own } });
  return {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: (more: LogFields): Logger => createLogger(write, { ...fields, ...more }),
  };
}

export const nullLogger: Logger = createLogger(() => undefined);
