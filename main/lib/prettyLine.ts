import type { LogLevel, LogRecord } from './logger.ts';

const COLOURS: Readonly<Record<LogLevel, string>> = { debug: '90', info: '36', warn: '33', error: '31' };
/** Control characters and marks of writing direction: a name from outside must not repaint the terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** A record as people read it: `20:15:03.120 WARN  output lost  outputId=out_1 reason="closed by server"`. Local time. */
export function prettyLine(record: LogRecord, atMs: number, withColour: boolean): string {
  const level = record.level.toUpperCase().padEnd(5);
  const shownLevel = withColour ? `\u001b[${COLOURS[record.level]}m${level}\u001b[0m` : level;
  const fields = Object.entries(record.fields).map(([name, value]) => ` ${name}=${shown(value)}`);
  const text = printable(`${record.message}${fields.length > 0 ? ` ${fields.join('')}` : ''}`);
  return `${timeOfDay(atMs)} ${shownLevel} ${text}`;
}

function shown(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:/@+-]+$/.test(value)) return value;
  return JSON.stringify(value) ?? '';
}

function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

function timeOfDay(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clockTime = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return `${clockTime}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
