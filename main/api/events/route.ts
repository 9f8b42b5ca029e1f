/** The WebSocket at /v1/streams. The token is checked before the upgrade, like that of any request. */
import websocket from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { StreamwareError } from '../../contract/errors.ts';
import { EVENTS_PATH, EVENTS_PROTOCOL, MAX_CLIENT_MESSAGE_BYTES } from '../../contract/events.ts';
import { BEARER_PROTOCOL } from '../auth/authenticator.ts';
import type { ClientSocket } from './connection.ts';
import type { EventHub } from './hub.ts';

/** Makes upgrades possible. Before any hook that may refuse: this one closes the socket behind the refusal. */
export async function registerUpgrades(app: FastifyInstance): Promise<void> {
  await app.register(websocket, {
    options: {
      maxPayload: MAX_CLIENT_MESSAGE_BYTES,
      perMessageDeflate: false,
      handleProtocols: chooseProtocol,
    },
    // A frame that breaks the protocol: `ws` has closed the connection with the right code already.
    errorHandler: (_error: Error, socket: ClosableSocket) => socket.close(),
    // The hub has said goodbye to everyone by now.
    preClose: (done: () => void) => done(),
  });
}

interface ClosableSocket {
  close(): void;
}

export function registerEventRoute(app: FastifyInstance, hub: EventHub): void {
  app.route({
    method: 'GET',
    url: EVENTS_PATH,
    exposeHeadRoute: false,
    config: { scope: 'read' },
    preValidation: async () => {
      if (hub.isFull) {
        throw new StreamwareError('request.rate_limited', {
          detail: 'Too many WebSocket connections are open.',
        });
      }
    },
    handler: async () => {
      throw new StreamwareError('request.invalid', {
        detail: 'This address speaks WebSocket.',
        hint: 'Connect with a WebSocket client.',
      });
    },
    wsHandler: (socket: unknown, request: FastifyRequest) =>
      hub.add(socket as ClientSocket, request.caller.tokenId),
  });
}

/** A browser that offers protocols wants one back. Ours, if it was offered, rather than the one that carries the token. */
function chooseProtocol(offered: Set<string>): string | false {
  if (offered.has(EVENTS_PROTOCOL)) return EVENTS_PROTOCOL;
  return [...offered].find((name) => name.startsWith(BEARER_PROTOCOL)) ?? false;
}
