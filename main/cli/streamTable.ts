/** Streams and their outputs as a table. Pure. */
import type { Stream } from '../contract/streams.ts';
import { formatTable, printable } from './format.ts';

const columns = [{ title: 'STREAM' }, { title: 'NAME' }, { title: 'STATE' }, { title: 'OUTPUTS' }] as const;

export function streamLines(streams: readonly Stream[]): string[] {
  if (streams.length === 0) return ['There are no streams.'];
  return formatTable(
    columns,
    streams.map(({ id, name, state, outputs }) => [id, printable(name), state, outputsText(outputs)]),
  );
}

export function outputLines({ outputs }: Stream): string[] {
  const titles = [
    { title: 'OUTPUT' },
    { title: 'NAME' },
    { title: 'STATE' },
    { title: 'TARGET' },
    { title: 'REASON' },
  ] as const;
  return formatTable(
    titles,
    outputs.map(({ id, name, state, target, reason }) => [
      id,
      printable(name),
      state,
      printable(target),
      printable(reason?.detail ?? reason?.title ?? ''),
    ]),
  );
}

/** `2 live, 1 retrying` */
function outputsText(outputs: Stream['outputs']): string {
  const counts = new Map<string, number>();
  for (const { state } of outputs) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
}
