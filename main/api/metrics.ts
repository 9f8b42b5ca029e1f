/** Measurements in the text exposition format of Prometheus, version 0.0.4. Pure: facts in, text out. */
import type { EngineInfo } from '../contract/api/engine.ts';
import { outputStateSchema, type Stream, streamStateSchema } from '../contract/streams.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: readonly Sample[];
}

export function renderMetrics(
  engine: Omit<EngineInfo, 'url' | 'mediaUrl'>,
  streams: readonly Stream[],
): string {
  const families = [...engineFamilies(engine), ...streamFamilies(streams), ...outputFamilies(streams)];
  return families.map(renderFamily).join('');
}

function engineFamilies({ version, startedAt, load, store }: Omit<EngineInfo, 'url' | 'mediaUrl'>): Family[] {
  const one = (value: number, labels: Labels = {}): Sample[] => [{ labels, value }];
  return [
    {
      name: 'streamware_build_info',
      type: 'gauge',
      help: 'Always 1; the version is a label.',
      samples: one(1, { version }),
    },
    {
      name: 'streamware_start_time_seconds',
      type: 'gauge',
      help: 'Start of the engine, Unix time.',
      samples: one(startedAt / 1000),
    },
    {
      name: 'streamware_cpu_ratio',
      type: 'gauge',
      help: 'CPU of the engine process itself; 1 is one core.',
      samples: one(load.cpuPercent / 100),
    },
    {
      name: 'streamware_resident_memory_bytes',
      type: 'gauge',
      help: 'Memory of the engine process itself.',
      samples: one(load.rssBytes),
    },
    {
      name: 'streamware_event_loop_delay_p99_seconds',
      type: 'gauge',
      help: 'How late the engine runs what is due, 99th percentile.',
      samples: one(load.eventLoopDelayP99Ms / 1000),
    },
    {
      name: 'streamware_store_up',
      type: 'gauge',
      help: '1 while the database can be written.',
      samples: one(store.state === 'ok' ? 1 : 0),
    },
    {
      name: 'streamware_store_lost_records_total',
      type: 'counter',
      help: 'Records that could not be saved.',
      samples: one(store.lostRecords),
    },
  ];
}

function streamFamilies(streams: readonly Stream[]): Family[] {
  return [
    {
      name: 'streamware_stream_state',
      type: 'gauge',
      help: '1 for the state the stream is in.',
      samples: streams.flatMap((stream) =>
        streamStateSchema.options.map((state) => ({
          labels: { stream: stream.id, state },
          value: stream.state === state ? 1 : 0,
        })),
      ),
    },
    {
      name: 'streamware_stream_ordered_live',
      type: 'gauge',
      help: '1 when the user wants it live.',
      samples: streams.map((stream) => ({
        labels: { stream: stream.id, name: stream.name },
        value: stream.order === 'live' ? 1 : 0,
      })),
    },
  ];
}

type MeasuredField =
  | 'bytesSent'
  | 'framesSent'
  | 'droppedFrames'
  | 'reconnects'
  | 'bitrateKbps'
  | 'fps'
  | 'queueMs'
  | 'queueBytes'
  | 'rttMs';

/** Name without prefix, type, help, field, and how many of its unit make one of the base unit. A null value gives no sample. */
type OutputMetric = [string, Family['type'], string, MeasuredField, number];

const outputMetrics: readonly OutputMetric[] = [
  ['sent_bytes_total', 'counter', 'Bytes handed to the far side.', 'bytesSent', 1],
  ['sent_frames_total', 'counter', 'Frames handed to the far side.', 'framesSent', 1],
  [
    'dropped_frames_total',
    'counter',
    'Frames dropped because the far side was too slow.',
    'droppedFrames',
    1,
  ],
  ['reconnects_total', 'counter', 'Connections made again after a loss.', 'reconnects', 1],
  ['kilobits_per_second', 'gauge', 'Rate at which the far side takes data.', 'bitrateKbps', 1],
  ['frames_per_second', 'gauge', 'Rate of frames.', 'fps', 1],
  ['queue_seconds', 'gauge', 'What waits to be sent, in playing time.', 'queueMs', 1000],
  ['queue_bytes', 'gauge', 'What waits to be sent.', 'queueBytes', 1],
  ['round_trip_seconds', 'gauge', 'Round trip to the far side, where it is known.', 'rttMs', 1000],
];

function outputFamilies(streams: readonly Stream[]): Family[] {
  const outputs = streams.flatMap((stream) =>
    stream.outputs.map((output) => ({
      output,
      labels: { stream: stream.id, output: output.id, kind: output.kind },
    })),
  );
  const states: Family = {
    name: 'streamware_output_state',
    type: 'gauge',
    help: '1 for the state the output is in.',
    samples: outputs.flatMap(({ output, labels }) =>
      outputStateSchema.options.map((state) => ({
        labels: { ...labels, state },
        value: output.state === state ? 1 : 0,
      })),
    ),
  };
  const measured = outputMetrics.map(([name, type, help, field, unitsPerBase]): Family => {
    const samples = outputs.flatMap(({ output, labels }) => {
      const value = output[field];
      return value === null ? [] : [{ labels, value: value / unitsPerBase }];
    });
    return { name: `streamware_output_${name}`, type, help, samples };
  });
  return [states, ...measured];
}

function renderFamily({ name, type, help, samples }: Family): string {
  if (samples.length === 0) return '';
  const lines = samples.map(({ labels, value }) => `${name}${renderLabels(labels)} ${value}`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
