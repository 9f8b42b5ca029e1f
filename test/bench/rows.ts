/** Every row of the bench, in the order in which they run: what is measured, to what target, and how. */
import type { Row } from './row.ts';
import { measureRelayCpu } from './rows/relayCpu.ts';

export const rows: readonly Row[] = [
  {
    name: 'relay-cpu',
    what: 'CPU of relaying one 6.2 Mbit/s stream to 10 RTMP destinations',
    target: '≤ 1.5 × nginx push, ≤ ⅓ of ffmpeg tee+fifo',
    how: `x`,
    measure: measureRelayCpu,
  },
];
