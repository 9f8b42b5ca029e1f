/** All handlers, one per row of the contract. */
import { type AccessParts, accessHandlers } from './accessHandlers.ts';
import { type EngineHandlerParts, engineHandlers } from './engineHandlers.ts';
import type { Handlers } from './handler.ts';
import { libraryHandlers, liveHandlers, streamHandlers } from './streamHandlers.ts';

export function createHandlers(parts: AccessParts & EngineHandlerParts): Handlers {
  return {
    ...streamHandlers(parts.ports, parts.clock),
    ...liveHandlers(parts.ports),
    ...libraryHandlers(parts.ports),
    ...accessHandlers(parts),
    ...engineHandlers(parts),
  };
}
