/**
 * Follows the engine for as long as the page lives.
 *
 *   asking ──answered──▶ opening ──subscribed──▶ online ──closed──▶ waiting ──1 s──▶ asking
 *     │ 401 ▶ refused (ends; begun anew after signing in)
 *     └ no answer ▶ waiting
 *
 * The socket is opened before the list is fetched and what it brings meanwhile is held back, so that nothing falls
 * between the two: neither a change nor a removal.
 */
import type {
  ClientMessage,
  EngineEventType,
  EVENTS_PATH,
  ServerMessage,
} from '../../main/contract/events.ts';
import type { Stream } from '../../main/contract/streams.ts';
import { ApiProblem, call } from './api.ts';
import { noteEngineTime } from './engineClock.ts';
import type { StudioEvent } from './studioState.ts';

const RECONNECT_MS = 1000;
const PAGE_LENGTH = 200;
const eventsPath: typeof EVENTS_PATH = '/v1/streams';
const wanted = ['streamChanged', 'streamDeleted', 'outputChanged', 'health', 'timelineEvent'] as const;
const subscription: ClientMessage & { type: 'subscribe' } = {
  type: 'subscribe',
  id: 'default',
  types: [...wanted] satisfies EngineEventType[],
  everyMs: 1000,
};

/** @returns the function that ends it */
export function followEngine(dispatch: (event: StudioEvent) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let socket: WebSocket | null = null;
  let isEnded = false;

  const ask = async (): Promise<void> => {
    const connection = await greet(dispatch);
    if (isEnded) return;
    if (connection !== 'online') dispatch({ type: 'connectionChanged', connection });
    if (connection === 'online') open();
    else if (connection === 'offline') askLater();
  };
  const askLater = (): void => {
    timer = setTimeout(() => void ask(), RECONNECT_MS);
  };
  const open = (): void => {
    socket = openEvents(dispatch);
    socket.onclose = () => {
      if (isEnded) return;
      dispatch({ type: 'connectionChanged', connection: 'offline' });
      askLater();
    };
  };

  void ask();
  return () => {
    isEnded = true;
    clearTimeout(timer);
    socket?.close();
  };
}

/** Asks who is there, and whether this page may come in. */
async function greet(dispatch: (event: StudioEvent) => void): Promise<'online' | 'offline' | 'refused'> {
  try {
    dispatch({ type: 'engineLoaded', engine: await call('getEngine') });
    return 'online';
  } catch (error) {
    return error instanceof ApiProblem && error.problem.status === 401 ? 'refused' : 'offline';
  }
}

function openEvents(dispatch: (event: StudioEvent) => void): WebSocket {
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${eventsPath}`);
  let heldBack: StudioEvent[] | null = [];

  const load = async (): Promise<void> => {
    dispatch({ type: 'streamsLoaded', streams: await listAllStreams() });
    for (const event of heldBack ?? []) dispatch(event);
    heldBack = null;
    dispatch({ type: 'connectionChanged', connection: 'online' });
  };
  socket.onopen = () => socket.send(JSON.stringify(subscription));
  socket.onmessage = (message) => {
    const event = JSON.parse(String(message.data)) as ServerMessage;
    if (event.type === 'subscribed' || event.type === 'health') noteEngineTime(event.at);
    if (event.type === 'subscribed') load().catch(() => socket.close());
    else if (!isWanted(event)) return;
    else if (heldBack) heldBack.push(event);
    else dispatch(event);
  };
  return socket;
}

function isWanted(message: ServerMessage): message is Extract<ServerMessage, StudioEvent> {
  return (wanted as readonly string[]).includes(message.type);
}

async function listAllStreams(): Promise<Stream[]> {
  const streams: Stream[] = [];
  let cursor: string | undefined;
  do {
    const page = await call('listStreams', { query: { limit: PAGE_LENGTH, cursor } });
    streams.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return streams;
}
