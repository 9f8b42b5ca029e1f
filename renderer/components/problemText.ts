/** What the engine reports by code, in the user's language. What is not translated is shown in the engine's own words. */
import type { TFunction } from 'i18next';
import type { Problem } from '../../main/contract/errors.ts';

export interface ProblemText {
  readonly title: string;
  readonly hint: string;
  /** The particulars of this case, always in English; null when they add nothing. */
  readonly detail: string | null;
}

export function describeProblem(t: TFunction, problem: Problem): ProblemText {
  const { code, detail, incident } = problem;
  const title = t(`errors.${code}.title`, { defaultValue: problem.title });
  const hint = t(`errors.${code}.hint`, { defaultValue: problem.hint });
  const particulars = [detail === problem.title ? null : detail, incident].filter(Boolean).join(' · ');
  return { title, hint, detail: particulars === '' ? null : particulars };
}

/** The sentences of contract/parse.ts and the refusals of addresses, by their shape. */
const DETAILS = [
  [/^is missing$/, 'missing'],
  [/^must not be empty$/, 'missing'],
  [/^must be an address that begins with (?<value>.+)$/, 'scheme'],
  [/^the address must begin with (?<value>.+)$/, 'scheme'],
  [/^the address of the server is missing$/, 'addressMissing'],
  [/^the address has no server name that can be read$/, 'noServer'],
  [/^the address has no application name/, 'noApplication'],
  [/^the stream key is missing$/, 'keyMissing'],
  [/^the port must be between/, 'port'],
  [/control character|NUL character/, 'control'],
  [/^must be at least (?<value>[\d.]+) characters long$/, 'tooShort'],
  [/^must be at most (?<value>[\d.]+) characters long$/, 'tooLong'],
  [/^must be at least (?<value>[\d.]+)$/, 'tooSmall'],
  [/^must be at most (?<value>[\d.]+)$/, 'tooBig'],
  [/^must be a (?:whole )?number$/, 'number'],
] as const;

/** Why a field was refused. */
export function translateDetail(t: TFunction, detail: string): string {
  for (const [shape, key] of DETAILS) {
    const match = shape.exec(detail);
    if (match) return t(`detail.${key}`, { value: match.groups?.value ?? '' });
  }
  return detail;
}
