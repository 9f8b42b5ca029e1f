import { useComputedColorScheme } from '@mantine/core';
import {
  CategoryScale,
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
} from 'chart.js';
import { useEffect, useRef } from 'react';

Chart.register(LineController, LineElement, PointElement, LinearScale, CategoryScale, Filler);

/** A quiet line of the last values, newest on the right. `label` is read by screen readers. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const chart = useRef<Chart<'line'> | null>(null);
  const scheme = useComputedColorScheme('dark');

  useEffect(() => {
    if (!canvas.current) return;
    chart.current = createChart(canvas.current, scheme === 'dark' ? '#57adb7' : '#107984');
    return () => chart.current?.destroy();
  }, [scheme]);

  useEffect(() => {
    const line = chart.current;
    const data = line?.data.datasets[0];
    if (!line || !data) return;
    line.data.labels = values.map((_, index) => index);
    data.data = [...values];
    line.update('none');
  }, [values]);

  return (
    <div style={{ height: 56 }}>
      <canvas ref={canvas} role="img" aria-label={label} />
    </div>
  );
}

function createChart(canvas: HTMLCanvasElement, colour: string): Chart<'line'> {
  return new Chart(canvas, {
    type: 'line',
    data: {
      labels: [],
      datasets: [
        {
          data: [],
          borderColor: colour,
          backgroundColor: `${colour}22`,
          fill: true,
          borderWidth: 1.5,
          pointRadius: 0,
          tension: 0.2,
        },
      ],
    },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      events: [],
      scales: { x: { display: false }, y: { display: false, beginAtZero: true } },
    },
  });
}
