import type { Problem } from '../../main/contract/errors.ts';

/** A refusal of the engine, with what happened and what to do next. */
export class ApiProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ApiProblem';
    this.problem = problem;
  }
}

const UNREACHABLE: Problem = {
  type: 'about:blank',
  code: 'engine.unreachable',
  title: 'The engine does not answer',
  status: 0,
  retryable: true,
  hint: 'Start it again; running broadcasts are picked up by themselves.',
};

/** Calls the engine that served this page. The session is a cookie of the page's own origin. */
export async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`/api/v1${path}`, {
    method,
    credentials: 'same-origin',
    ...(body === undefined
      ? {}
      : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  }).catch(() => null);
  if (!response) throw new ApiProblem(UNREACHABLE);
  const text = await response.text();
  const answer: unknown = text === '' ? null : JSON.parse(text);
  if (!response.ok) throw new ApiProblem(answer as Problem);
  return answer as Answer;
}
