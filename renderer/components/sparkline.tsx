import { useComputedColorScheme } from '@mantine/core';
import { Chart, Filler, LinearScale, LineController, LineElement, PointElement } from 'chart.js';
import { useEffect, useRef } from 'react';
import { type BitratePoint, HISTORY_MS } from '../client/studioState.ts';

Chart.register(LineController, LineElement, PointElement, LinearScale, Filler);

/** A gap this long is drawn as one. */
const GAP_MS = 5000;

interface SparklineProps {
  readonly points: readonly BitratePoint[];
  /** Read by screen readers. */
  readonly label: string;
}

/** A quiet line of the last two minutes, newest on the right. */
export function Sparkline({ points, label }: SparklineProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const chart = useRef<Chart<'line'> | null>(null);
  const scheme = useComputedColorScheme('dark');

  useEffect(() => {
    if (!canvas.current) return;
    chart.current = createChart(canvas.current, scheme === 'dark' ? '#57adb7' : '#0e7480');
    return () => {
      chart.current?.destroy();
      chart.current = null;
    };
  }, [scheme]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new scheme made a new chart, which wants its points
  useEffect(() => {
    const line = chart.current;
    const data = line?.data.datasets[0];
    const scale = line?.options.scales?.x;
    if (!line || !data || !scale) return;
    const newest = points.at(-1)?.at ?? 0;
    data.data = points.map(({ at, kbps }) => ({ x: at, y: kbps }));
    scale.min = newest - HISTORY_MS;
    scale.max = newest;
    line.update('none');
  }, [points, scheme]);

  return <canvas ref={canvas} role="img" aria-label={label} />;
}

function createChart(canvas: HTMLCanvasElement, colour: string): Chart<'line'> {
  return new Chart(canvas, {
    type: 'line',
    data: {
      datasets: [
        {
          data: [],
          borderColor: colour,
          backgroundColor: `${colour}1f`,
          fill: true,
          borderWidth: 1.5,
          pointRadius: 0,
          spanGaps: GAP_MS,
        },
      ],
    },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      events: [],
      parsing: false,
      scales: { x: { type: 'linear', display: false }, y: { display: false, beginAtZero: true } },
    },
  });
}
