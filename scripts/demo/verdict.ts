// What the receivers got, counted in their own recordings.

import type { OutputStatus, Stream } from '../../main/contract/streams.ts';
import { continuity, type MediaPackets, packets } from '../../test/helpers/mediaPackets.ts';
import type { Viewing } from './hlsViewer.ts';

/** Two frames at 30 fps: anything longer is a hole. */
const LONGEST_STEP_MS = 70;

interface VerdictLine {
  readonly name: string;
  readonly framesSent: number;
  readonly framesReceived: number;
  readonly holes: number;
  readonly longestStepMs: number;
  readonly reconnects: number;
  readonly remark: string;
  readonly isGood: boolean;
}

export interface Verdict {
  readonly lines: readonly VerdictLine[];
  readonly isGood: boolean;
}

interface Received {
  readonly steady: readonly string[];
  readonly shaky: readonly string[];
  readonly viewed: Viewing;
  readonly outageSeconds: number;
}

export async function judge(stream: Stream, received: Received): Promise<Verdict> {
  const find = (id: string): OutputStatus => {
    const output = stream.outputs.find((one) => one.id === id);
    if (!output) throw new Error(`no output ${id}`);
    return output;
  };
  const recording = find('recording');
  const lines = [
    judgeSteady(find('steady'), await readAll(received.steady)),
    judgeShaky(find('shaky'), await readAll(received.shaky), received.outageSeconds),
    judgeSteady(recording, await readAll(recording.files)),
    judgeHls(find('hls'), received.viewed),
  ];
  return { lines, isGood: lines.every(({ isGood }) => isGood) };
}

async function readAll(files: readonly string[]): Promise<MediaPackets[]> {
  return await Promise.all(files.map((file) => packets(file)));
}

function judgeSteady(output: OutputStatus, sessions: readonly MediaPackets[]): VerdictLine {
  const counted = count(output, sessions);
  const isGood =
    sessions.length === 1 &&
    counted.holes === 0 &&
    counted.framesReceived === output.framesSent &&
    output.reconnects === 0;
  return { ...counted, remark: isGood ? 'every frame arrived' : 'NOT every frame arrived', isGood };
}

/** Killed in between: two sessions, each clean, and the hole between them is the outage and the way back. */
function judgeShaky(
  output: OutputStatus,
  sessions: readonly MediaPackets[],
  outageSeconds: number,
): VerdictLine {
  const counted = count(output, sessions);
  const receivedMs = sessions.reduce(
    (sum, { video }) => sum + (video.at(-1)?.dtsMs ?? 0) - (video[0]?.dtsMs ?? 0),
    0,
  );
  const sentFrames = output.framesSent;
  const startsClean = sessions.every(({ video }) => continuity(video).startsWithKey);
  const isGood =
    sessions.length === 2 &&
    counted.holes === 0 &&
    startsClean &&
    output.reconnects >= 1 &&
    receivedMs > 0 &&
    sentFrames > 0;
  const remark = isGood
    ? `back after ${outageSeconds} s of outage, from a key frame, no hole in either session`
    : 'did NOT come back cleanly';
  return { ...counted, remark, isGood };
}

/** The last segment is published when it is full, so a viewer misses less than one at the end. */
function judgeHls(output: OutputStatus, viewed: Viewing): VerdictLine {
  const isWhole = viewed.longestStepMs <= LONGEST_STEP_MS && viewed.segments >= 2;
  const isGood = isWhole && viewed.frames > 0 && output.droppedFrames === 0 && output.reconnects === 0;
  return {
    name: output.name,
    framesSent: output.framesSent,
    framesReceived: viewed.frames,
    holes: isWhole ? 0 : 1,
    longestStepMs: viewed.longestStepMs,
    reconnects: output.reconnects,
    remark: isGood
      ? `${viewed.segments} segments fetched by a viewer, seamless`
      : 'NOT seamless for a viewer',
    isGood,
  };
}

function count(
  output: OutputStatus,
  sessions: readonly MediaPackets[],
): Omit<VerdictLine, 'remark' | 'isGood'> {
  const tracks = sessions.map(({ video }) => continuity(video));
  const steps = sessions.flatMap(({ video }) =>
    video.slice(1).map((packet, index) => packet.dtsMs - (video[index]?.dtsMs ?? 0)),
  );
  return {
    name: output.name,
    framesSent: output.framesSent,
    framesReceived: tracks.reduce((sum, track) => sum + track.count, 0),
    holes: steps.filter((step) => step > LONGEST_STEP_MS || step <= 0).length,
    longestStepMs: Math.round(Math.max(0, ...steps)),
    reconnects: output.reconnects,
  };
}

export function printVerdict({ lines, isGood }: Verdict): void {
  console.log('\nWhat the receivers got:');
  for (const line of lines) {
    const frames = `${line.framesReceived} of ${line.framesSent} frames`.padEnd(22);
    const holes = `${line.holes} holes`.padEnd(9);
    console.log(
      `  ${line.isGood ? '✓' : '✗'} ${line.name.padEnd(14)} ${frames} ${holes} ${`${line.reconnects} reconnects`.padEnd(13)} ${line.remark}`,
    );
  }
  console.log(isGood ? '\nNothing was lost where nothing was broken.' : '\nSomething was lost; see above.');
}
