/** Calls a running engine through its API, with the endpoint rows of the contract. */
import type { z } from 'zod';
import type { Endpoint, EndpointInput } from '../contract/endpoint.ts';
import { type ErrorCode, errorCodes, problemSchema, StreamwareError } from '../contract/errors.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { CommandError } from './command.ts';
import { exitCodes } from './exitCodes.ts';

export interface EngineAddress {
  readonly url: string;
  readonly token: string;
  /** Default: the real one. */
  readonly clock?: Clock;
}

/** Far longer than anything takes; an engine that is frozen is said to be so instead of being waited for. */
const ANSWER_TIMEOUT_MS = 60_000;

type CallInput<E extends Endpoint> = Partial<EndpointInput<E>>;

export class EngineClient {
  readonly url: string;
  readonly #token: string;
  readonly #clock: Clock;

  constructor({ url, token, clock = systemClock }: EngineAddress) {
    this.url = url;
    this.#token = token;
    this.#clock = clock;
  }

  /** @throws `CommandError` with the engine's own refusal, or because it does not answer */
  async call<E extends Endpoint>(endpoint: E, input: CallInput<E> = {}): Promise<z.output<E['response']>> {
    const { status, text } = await this.#ask(endpoint, input);
    if (status >= 400) throw refusalOf(status, text);
    return this.#read(text) as z.output<E['response']>;
  }

  #read(text: string): unknown {
    if (text === '') return undefined;
    try {
      return JSON.parse(text);
    } catch {
      throw new CommandError(exitCodes.failed, `What answers at ${this.url} is no streamware engine.`);
    }
  }

  /** Whole: an engine that ends in the middle of its answer does not answer. */
  async #ask(endpoint: Endpoint, input: CallInput<Endpoint>): Promise<{ status: number; text: string }> {
    const hasBody = endpoint.method !== 'GET' && endpoint.method !== 'DELETE';
    const waiting = new AbortController();
    const timer = this.#clock.after(ANSWER_TIMEOUT_MS, () => waiting.abort());
    try {
      const response = await fetch(`${this.url}${pathOf(endpoint.path, input)}`, {
        method: endpoint.method,
        signal: waiting.signal,
        headers: {
          Authorization: `Bearer ${this.#token}`,
          ...(hasBody ? { 'Content-Type': 'application/json' } : {}),
        },
        ...(hasBody ? { body: JSON.stringify(input.body ?? {}) } : {}),
      });
      return { status: response.status, text: await response.text() };
    } catch {
      // Whatever kept it from answering, to the user it is not there.
      throw new CommandError(exitCodes.noEngine, `The engine at ${this.url} does not answer.`);
    } finally {
      timer.cancel();
    }
  }
}

function pathOf(path: string, { params, query }: CallInput<Endpoint>): string {
  const values = (params ?? {}) as Record<string, unknown>;
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(String(values[name] ?? '')),
  );
  const pairs = Object.entries((query ?? {}) as Record<string, unknown>).filter(
    ([, value]) => value !== undefined,
  );
  const search = new URLSearchParams(
    pairs.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return search === '' ? filled : `${filled}?${search}`;
}

/** The engine's problem document as the error it was made from. */
function refusalOf(status: number, text: string): CommandError {
  const problem = parseProblem(text);
  if (problem === null) return new CommandError(exitCodes.failed, `The engine answered ${status}.`);
  const { code, detail, field, hint, title, incident } = problem;
  const known = errorCodes.includes(code as ErrorCode) ? (code as ErrorCode) : 'internal.unexpected';
  const error = new StreamwareError(known, {
    hint: incident === undefined ? hint : `${hint} Incident: ${incident}.`,
    ...(detail === undefined ? {} : { detail }),
    ...(field === undefined ? {} : { field }),
  });
  return new CommandError(exitCodes.failed, detail ?? title, error);
}

function parseProblem(text: string): z.output<typeof problemSchema> | null {
  try {
    return problemSchema.parse(JSON.parse(text));
  } catch {
    // Not our engine, or something in between answered.
    return null;
  }
}
