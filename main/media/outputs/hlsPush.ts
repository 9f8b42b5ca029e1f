/**
 * The output kind `hls-push`: HLS sent to a server that takes it by HTTP, as YouTube's HLS ingest does. Segments are made
 * in memory (hls/hlsSession.ts) and put by push/pushStore.ts; the key never leaves the process but in the request.
 */
import type { Output } from '../../contract/outputs.ts';
import { CutPlan } from './hls/cutPlan.ts';
import { type HlsLeg, HlsSession } from './hls/hlsSession.ts';
import { MediaClock } from './hls/mediaClock.ts';
import type { OutputContext, OutputDriver } from './outputDriver.ts';
import { parsePushAddress } from './push/pushAddress.ts';
import { PushStore } from './push/pushStore.ts';

type PushConfig = Extract<Output, { type: 'hls-push' }>;

/** @throws `request.invalid` with the field at fault */
export function createHlsPush(config: PushConfig, context: OutputContext): OutputDriver {
  const address = parsePushAddress(config.url, config.key);
  const { clock, redactor } = context;
  const forget = address.secrets.map((secret) => redactor.add(secret.reveal()));
  const store = new PushStore({ address, segmentSeconds: config.segmentSeconds, clock });
  const mediaClock = new MediaClock(clock);
  const leg: HlsLeg = {
    store,
    cutPlan: new CutPlan(config.segmentSeconds * 1000),
    counters: new Map(),
    segmentType: 'mpegts',
    readsEnhancedFlv: context.readsEnhancedFlv,
    dateOf: (timeMs: number, mayCorrect: boolean): number => mediaClock.dateOf(timeMs, mayCorrect),
    noteFrame: (timeMs: number): void => mediaClock.note(timeMs),
    noteKeyDistance: () => undefined,
    notePublished: () => undefined,
    lastSession: Promise.resolve(),
  };
  const createSession = (): HlsSession => new HlsSession(leg, context);
  return {
    kind: 'hls-push',
    target: address.target,
    legs: [{ id: 'main', renditionId: context.renditionIds[0] ?? 'main', createSession }],
    status: () => ({ files: [], playbackPath: null, notices: [] }),
    finish: async () => {
      await store.end();
      for (const drop of forget) drop();
    },
    remove: () => Promise.resolve(),
  };
}
