import type { StreamwareError } from '../contract/errors.ts';
import type { OutputState } from '../contract/streams.ts';
import type { RelayEvents } from '../media/relay/relay.ts';
import { because, type Occurrence, occurrence } from './narration.ts';
import type { Program } from './program/program.ts';

interface OutputChange {
  readonly from: OutputState;
  readonly to: OutputState;
  readonly reason: StreamwareError | null;
}

/** Tells the story of one output: each outage once, however many tries it takes; again when the reason is another one. */
export function outputNarrator(output: {
  readonly id: string;
  readonly name: string;
}): (change: OutputChange) => Occurrence | null {
  let toldReason: string | null = null;
  return (change) => {
    if (change.to !== 'retrying') {
      if (change.to === 'live') toldReason = null;
      return narrateOutput(output, change);
    }
    const code = change.reason?.code ?? '';
    if (toldReason === code) return null;
    toldReason = code;
    return narrateOutput(output, change);
  };
}

/** What a change of an output means to the person who streams; null when it is only a step on the way. */
function narrateOutput(
  { id: outputId, name }: { id: string; name: string },
  change: OutputChange,
): Occurrence | null {
  const problem = change.reason?.toProblem() ?? null;
  const why = because(problem);
  const trouble = { outputId, severity: 'warning' as const, data: problem ? { code: problem.code } : {} };
  switch (change.to) {
    case 'live':
      return occurrence('outputLive', `${name} is live.`, { outputId });
    case 'retrying':
      return occurrence('outputLost', `${name} is being reconnected; the others go on.${why}`, trouble);
    case 'failed':
      return occurrence('outputFailed', `${name} was given up.${why} ${problem?.hint ?? ''}`.trim(), {
        ...trouble,
        severity: 'error',
      });
    case 'paused':
      return occurrence('outputPaused', `${name} is paused.${why}`, trouble);
    case 'off':
      return occurrence('outputStopped', `${name} was stopped.`, { outputId });
    case 'connecting':
      return null;
  }
}

/** Of an output that is live: whether everything gets there. */
export function narratePace(
  { id: outputId, name }: { id: string; name: string },
  reason: StreamwareError | null,
): Occurrence {
  if (reason === null) return occurrence('outputKeepsUp', `${name} takes everything again.`, { outputId });
  const message = `${name} takes less than the stream needs.${because(reason.toProblem())}`;
  return occurrence('outputSlow', message, { outputId, severity: 'warning', data: { code: reason.code } });
}

/** What the audience sees from now on. */
export function narrateProgram(
  change: RelayEvents['onAirChanged'],
  reason: StreamwareError | null,
): Occurrence | null {
  if (change.to === 'slate') {
    const message = `The slate is on air.${because(reason?.toProblem() ?? null)}`;
    return occurrence('slateShown', message, { severity: 'warning', data: { reason: change.reason } });
  }
  if (change.to === 'none') return null;
  if (change.reason === 'started') return occurrence('sourceOnAir', 'The source is on air.');
  return change.from === 'slate' ? occurrence('sourceReturned', 'The source is back on air.') : null;
}

/** Tells what happens to a program, but not to its destinations. A loss is told once, however often it is tried again. */
export function tellOfProgram(program: Program, note: (what: Occurrence) => void): void {
  const { events } = program;
  events.on('encoderStarted', ({ encoder, isRestart }) => {
    if (!isRestart) note(occurrence('encoderStarted', `Encoding with ${encoder}.`, { data: { encoder } }));
  });
  events.on('encoderReplaced', ({ failed, reason }) => {
    const message = `The encoder ${failed} failed; the next one takes over. The destinations stay connected.${because(reason.toProblem())}`;
    note(occurrence('encoderReplaced', message, { severity: 'warning', data: { failed } }));
  });
  events.on('qualityChanged', ({ renditions }) => {
    const [main] = renditions;
    if (!main) return;
    const message = `Now ${main.width}×${main.height}, ${main.fps} fps, ${main.bitrateKbps} kbit/s. No destination reconnected.`;
    note(occurrence('qualityChanged', message, { data: { ...main } }));
  });
  let lastLoss = '';
  program.relay('main').events.on('onAirChanged', ({ to }) => {
    if (to === 'source') lastLoss = '';
  });
  events.on('sourceLost', ({ reason, retryInMs }) => {
    const loss = `${reason.code} ${retryInMs === null}`;
    if (loss === lastLoss) return;
    lastLoss = loss;
    const next =
      retryInMs === null
        ? 'It is not tried again.'
        : program.wasOnAir
          ? 'It is being brought back.'
          : 'It is tried again by itself.';
    const what = program.wasOnAir ? 'The source is gone' : 'The source is not there yet';
    const message = `${what}; the destinations stay connected. ${next}${because(reason.toProblem())}`;
    note(occurrence('sourceLost', message, { severity: 'warning', data: { code: reason.code } }));
  });
}
