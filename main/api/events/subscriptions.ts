/** What one connection wants to hear, and how often. Pure: the connection asks for every event whether it is to be sent. */
import {
  type ClientMessage,
  defaultEventTypes,
  type EngineEvent,
  type EngineEventType,
  MAX_SUBSCRIPTIONS,
} from '../../contract/events.ts';

type SubscribeMessage = Extract<ClientMessage, { type: 'subscribe' }>;

interface Subscription {
  readonly types: ReadonlySet<EngineEventType>;
  /** Null: all streams. */
  readonly streamIds: ReadonlySet<string> | null;
  readonly everyMs: number;
}

/** Measurements, of which a newer one replaces an older; every other event is sent always. */
const pacedTypes: ReadonlySet<EngineEventType> = new Set(['health', 'engine']);
/** They come once a second, a little early or late: half a second decides to which beat one belongs. */
const PACE_TOLERANCE_MS = 500;

export class Subscriptions {
  readonly #byId = new Map<string, Subscription>([
    ['default', { types: new Set(defaultEventTypes), streamIds: null, everyMs: 1000 }],
  ]);
  readonly #lastSentMs = new Map<string, number>();

  get ids(): string[] {
    return [...this.#byId.keys()];
  }

  /** @returns false when the connection has as many as it may have */
  subscribe(message: SubscribeMessage): boolean {
    if (!this.#byId.has(message.id) && this.#byId.size >= MAX_SUBSCRIPTIONS) return false;
    this.#byId.set(message.id, {
      types: new Set(message.types ?? defaultEventTypes),
      streamIds: message.streamIds ? new Set(message.streamIds) : null,
      everyMs: message.everyMs,
    });
    return true;
  }

  unsubscribe(id: string): void {
    this.#byId.delete(id);
  }

  /** Whether this event is to be sent now, at `nowMs` of a monotonic clock. Counts it as sent when it says yes. */
  take(event: EngineEvent, nowMs: number): boolean {
    const everyMs = this.#paceOf(event);
    if (everyMs === null) return false;
    const streamId = 'streamId' in event ? event.streamId : '';
    if (event.type === 'streamDeleted') this.#lastSentMs.delete(`health ${streamId}`);
    if (!pacedTypes.has(event.type)) return true;
    const key = `${event.type} ${streamId}`;
    const lastMs = this.#lastSentMs.get(key);
    if (lastMs !== undefined && nowMs - lastMs < everyMs - PACE_TOLERANCE_MS) return false;
    this.#lastSentMs.set(key, nowMs);
    return true;
  }

  /** The shortest distance any subscription asks for; null when none wants the event. */
  #paceOf(event: EngineEvent): number | null {
    let pace: number | null = null;
    for (const { types, streamIds, everyMs } of this.#byId.values()) {
      const isWanted =
        types.has(event.type) &&
        (!('streamId' in event) || streamIds === null || streamIds.has(event.streamId));
      if (isWanted) pace = Math.min(pace ?? everyMs, everyMs);
    }
    return pace;
  }
}
