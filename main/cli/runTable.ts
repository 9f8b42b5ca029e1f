/** A running stream as lines of text. Pure; the terminal is runScreen.ts. */
import type { OutputState, OutputStatus, StreamHealth } from '../contract/streams.ts';
import { formatBytes, formatSpan, formatTable, printable, shorten } from './format.ts';

/** Shape and word, so that colour is never needed. */
const marks: Readonly<Record<OutputState, string>> = {
  live: '●',
  connecting: '◐',
  retrying: '↻',
  paused: '▲',
  failed: '▲',
  off: '○',
};

const columns = [
  { title: 'OUTPUT' },
  { title: 'STATE' },
  { title: 'RATE', align: 'right' },
  { title: 'FPS', align: 'right' },
  { title: 'SENT', align: 'right' },
  { title: 'DROPPED', align: 'right' },
  { title: 'RECONNECTS', align: 'right' },
  { title: 'QUEUE', align: 'right' },
] as const;

/** What is shown beside the measurements. */
export interface RunTitle {
  readonly name: string;
  /** Epoch ms. */
  readonly startedAt: number;
}

/** The table that is drawn again every second. @param nowMs epoch */
export function tableLines(title: RunTitle, health: StreamHealth, nowMs: number, width: number): string[] {
  const outputs = health.outputs.flatMap((output) =>
    output.reason === null ? [] : [`  ${reasonLine(output, nowMs)}`],
  );
  const lines = [
    headLine(title, health, nowMs),
    ...formatTable(columns, health.outputs.map(outputRow)),
    ...outputs,
  ];
  return lines.map((line) => shorten(printable(line), width));
}

function headLine({ name, startedAt }: RunTitle, health: StreamHealth, nowMs: number): string {
  const { state, bitrateKbps, fps, speed, sourceState, encoder } = health;
  const parts = [
    `${state.toUpperCase()} ${formatSpan(nowMs - startedAt)}`,
    `${Math.round(bitrateKbps)} kb/s`,
    `${fps.toFixed(1)} fps`,
    ...(speed === null ? [] : [`speed ${speed.toFixed(2)}`]),
    `source ${sourceState}`,
    ...(encoder === null ? [] : [encoder]),
  ];
  return `${name}  ${parts.join('  ')}`;
}

function outputRow(output: OutputStatus): string[] {
  const { name, state, bitrateKbps, fps, bytesSent, droppedFrames, reconnects, queueMs } = output;
  return [
    shorten(printable(name), 24),
    `${marks[state]} ${state}`,
    `${Math.round(bitrateKbps)} kb/s`,
    fps.toFixed(1),
    formatBytes(bytesSent),
    String(droppedFrames),
    String(reconnects),
    `${Math.round(queueMs)} ms`,
  ];
}

function reasonLine({ name, reason, retryAt }: OutputStatus, nowMs: number): string {
  const next = retryAt === null ? '' : ` Next try in ${Math.max(0, Math.ceil((retryAt - nowMs) / 1000))} s.`;
  return `${name}: ${reason?.detail ?? reason?.title ?? ''}.${next}`.replace('..', '.');
}

/** The same in one line, for logs. */
export function statusLine(title: RunTitle, health: StreamHealth, nowMs: number): string {
  const outputs = health.outputs.map(
    ({ name, state, bitrateKbps, droppedFrames, reason }) =>
      `${name} ${state} ${Math.round(bitrateKbps)} kb/s, ${droppedFrames} dropped${reason === null ? '' : ` (${reason.code})`}`,
  );
  return printable([headLine(title, health, nowMs), ...outputs].join(' | '));
}
