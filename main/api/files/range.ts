/** `Range` of a request against a size (RFC 9110 §14). One range is served; several are answered with the whole file, as the RFC allows. */
export type RangeDecision =
  | { kind: 'whole' }
  | { kind: 'part'; start: number; end: number }
  | { kind: 'unsatisfiable' };

const WHOLE: RangeDecision = { kind: 'whole' };

/**
 * @param header value of `Range`, if any; a malformed one counts as none
 * @param size in bytes
 * @returns first and last byte, both included
 */
export function decideRange(header: string | undefined, size: number): RangeDecision {
  const match = /^bytes=(?<first>\d*)-(?<last>\d*)$/.exec((header ?? '').replaceAll(' ', ''));
  if (!match?.groups) return WHOLE;
  const { first, last } = match.groups;
  if (first === '') {
    if (last === '') return WHOLE;
    const length = Number(last);
    if (length === 0 || size === 0) return { kind: 'unsatisfiable' };
    return { kind: 'part', start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return WHOLE;
  return start >= size ? { kind: 'unsatisfiable' } : { kind: 'part', start, end };
}
