/** Calls a running engine through its API, with the endpoint rows of the contract. */
import type { z } from 'zod';
import type { Endpoint, EndpointInput } from '../contract/endpoint.ts';
import { type ErrorCode, errorCodes, problemSchema, StreamwareError } from '../contract/errors.ts';
import { CommandError } from './command.ts';
import { exitCodes } from './exitCodes.ts';

export interface EngineAddress {
  readonly url: string;
  readonly token: string;
}

type CallInput<E extends Endpoint> = Partial<EndpointInput<E>>;

export class EngineClient {
  readonly url: string;
  readonly #token: string;

  constructor({ url, token }: EngineAddress) {
    this.url = url;
    this.#token = token;
  }

  /** @throws `CommandError` with the engine's own refusal, or because it does not answer */
  async call<E extends Endpoint>(endpoint: E, input: CallInput<E> = {}): Promise<z.output<E['response']>> {
    const response = await this.#fetch(endpoint, input);
    const text = await response.text();
    if (!response.ok) throw refusalOf(response.status, text);
    return (text === '' ? undefined : JSON.parse(text)) as z.output<E['response']>;
  }

  async #fetch(endpoint: Endpoint, input: CallInput<Endpoint>): Promise<Response> {
    const hasBody = endpoint.method !== 'GET' && endpoint.method !== 'DELETE';
    try {
      return await fetch(`${this.url}${pathOf(endpoint.path, input)}`, {
        method: endpoint.method,
        headers: {
          Authorization: `Bearer ${this.#token}`,
          ...(hasBody ? { 'Content-Type': 'application/json' } : {}),
        },
        ...(hasBody ? { body: JSON.stringify(input.body ?? {}) } : {}),
      });
    } catch {
      // Whatever kept it from answering, to the user it is not there.
      throw new CommandError(exitCodes.noEngine, `The engine at ${this.url} does not answer.`);
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
