/** The engine as a whole. */

import { renderMetrics } from '../metrics.ts';
import type { ApiPorts } from '../ports.ts';
import type { Call, CallContext, HandlersOf } from './handler.ts';

export interface EngineHandlerParts {
  readonly ports: ApiPorts;
  /** Where HLS is open to the network; null when it is not. */
  readonly mediaUrl: () => string | null;
}

type EngineIds = 'getHealth' | 'getMetrics' | 'getEngine' | 'getDoctorReport' | 'stopEngine';

export function engineHandlers({ ports, mediaUrl }: EngineHandlerParts): HandlersOf<EngineIds> {
  const { engine, streams } = ports;
  return {
    getHealth: () => engine.liveness(),
    getMetrics: async () => renderMetrics(await engine.info(), await allStreams(streams)),
    getEngine: async (_call: Call<'getEngine'>, { baseUrl }: CallContext) => ({
      ...(await engine.info()),
      url: baseUrl,
      mediaUrl: mediaUrl(),
    }),
    getDoctorReport: async () => ({ items: await engine.doctor() }),
    stopEngine: async (_call: Call<'stopEngine'>, { caller }: CallContext) => {
      await engine.stop(caller);
      return { stopping: true as const };
    },
  };
}

/** Every stream, page by page. */
export async function allStreams(
  streams: ApiPorts['streams'],
): Promise<Awaited<ReturnType<ApiPorts['streams']['get']>>[]> {
  const all = [];
  let cursor: string | undefined;
  do {
    const page = await streams.list({ cursor, limit: 200 });
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}
