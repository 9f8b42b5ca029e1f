/**
 * The engine's REST API, typed by the rows of the contract: what `call('startStream', …)` takes and gives is inferred,
 * nothing is written down twice. It knows no state and shows nothing; who calls it does.
 */
import type { Endpoints } from '../../main/contract/api/index.ts';
import type { EndpointInput, EndpointResponse } from '../../main/contract/endpoint.ts';
import type { Problem } from '../../main/contract/errors.ts';
import { type RouteId, routes } from './routes.ts';

/** A refusal of the engine, with what happened and what to do next. */
export class ApiProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiProblem';
    this.problem = problem;
  }
}

/** A part that may be empty may be left out. */
type Part<Name extends string, Value> =
  Record<string, never> extends Value
    ? { readonly [Key in Name]?: Value }
    : { readonly [Key in Name]: Value };
type CallInput<Id extends RouteId> = Part<'params', EndpointInput<Endpoints[Id]>['params']> &
  Part<'query', EndpointInput<Endpoints[Id]>['query']> &
  Part<'body', EndpointInput<Endpoints[Id]>['body']>;
type CallArguments<Id extends RouteId> =
  Record<string, never> extends CallInput<Id> ? [input?: CallInput<Id>] : [input: CallInput<Id>];
interface AnyInput {
  readonly params?: object;
  readonly query?: object;
  readonly body?: unknown;
}

/**
 * Calls the engine that served this page. The session is a cookie of the page's own origin.
 * @throws ApiProblem, with the code `engine.unreachable` when nothing answered
 */
export async function call<Id extends RouteId>(
  id: Id,
  ...[input]: CallArguments<Id>
): Promise<EndpointResponse<Endpoints[Id]>> {
  const { params = {}, query = {}, body }: AnyInput = input ?? {};
  const [method, path] = routes[id];
  const response = await fetch(addressOf(path, params, query), {
    method,
    credentials: 'same-origin',
    ...(body === undefined
      ? {}
      : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch(() => null);
  const answer = response === null ? null : parseJson(await response.text().catch(() => ''));
  if (response?.ok && answer !== null) return answer as EndpointResponse<Endpoints[Id]>;
  if (response?.status === 204) return undefined as EndpointResponse<Endpoints[Id]>;
  throw new ApiProblem(isProblem(answer) ? answer : unreachable);
}

const unreachable: Problem = {
  type: 'about:blank',
  code: 'engine.unreachable',
  title: 'The engine does not answer',
  status: 0,
  retryable: true,
  hint: 'Start it again; running broadcasts are picked up by themselves.',
};

function addressOf(path: string, params: object, query: object): string {
  const values = new Map(Object.entries(params).map(([name, value]) => [name, String(value)]));
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values.get(name) ?? ''));
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
  return search.size > 0 ? `${filled}?${search}` : filled;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's page, or half an answer: nothing that can be used.
    return null;
  }
}

function isProblem(answer: unknown): answer is Problem {
  return typeof answer === 'object' && answer !== null && 'code' in answer && 'title' in answer;
}
