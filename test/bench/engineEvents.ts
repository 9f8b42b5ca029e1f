/** What the engine says on its WebSocket, each message with the time it came. */
import { type EngineEventType, type ServerMessage, serverMessageSchema } from '../../main/contract/events.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { waitFor } from '../helpers/waitFor.ts';

type Message<Type extends EngineEventType> = Extract<ServerMessage, { type: Type }>;

export interface Heard<Type extends EngineEventType> {
  readonly atMs: number;
  readonly message: Message<Type>;
}

export class EngineEvents {
  readonly #socket: WebSocket;
  readonly #heard: { readonly atMs: number; readonly message: ServerMessage }[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const message = serverMessageSchema.parse(JSON.parse(String(data)));
      this.#heard.push({ atMs: systemClock.monotonicMs(), message });
    });
  }

  /** Connects, subscribes and resolves when the engine has confirmed it. */
  static async open(
    url: string,
    protocols: string[],
    types: readonly EngineEventType[],
  ): Promise<EngineEvents> {
    const socket = new WebSocket(url, protocols);
    const events = new EngineEvents(socket);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('error', () => reject(new Error(`cannot listen to ${url}`)));
    });
    socket.send(JSON.stringify({ type: 'subscribe', types }));
    await waitFor(() => events.#heard.some(({ message }) => message.type === 'subscribed'), {
      what: 'the engine to confirm the subscription',
    });
    return events;
  }

  /** Those of one type, in the order they came, after a moment. */
  of<Type extends EngineEventType>(type: Type, afterMs = Number.NEGATIVE_INFINITY): Heard<Type>[] {
    return this.#heard.filter(
      (heard): heard is Heard<Type> => heard.message.type === type && heard.atMs > afterMs,
    );
  }

  /** The first of one type after a moment that meets a condition; null when none comes in time. */
  async first<Type extends EngineEventType>(
    type: Type,
    afterMs: number,
    timeoutMs: number,
    meets: (message: Message<Type>) => boolean,
  ): Promise<Heard<Type> | null> {
    const find = (): Heard<Type> | undefined =>
      this.of(type, afterMs).find(({ message }) => meets(message as Message<Type>));
    try {
      return await waitFor(find, { what: `an event ${type}`, timeoutMs, intervalMs: 10 });
    } catch {
      return null; // That it does not come is an answer here.
    }
  }

  stop(): void {
    this.#socket.close();
  }
}
