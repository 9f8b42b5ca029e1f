/** How one secret may be spelled in a text: as it is, percent-encoded once or twice, in JSON, in HTML, in a form. */

const encoder = new TextEncoder();
const htmlNames: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
};
/** A plain word, such as `live` or `stream`, stands in ordinary text too. */
const PLAIN_WORD = /^(?:.{1,5}|[a-z]{1,11})$/s;

/**
 * A regular expression (as text) that finds `value` in any mix of spellings.
 * Short values and plain words are found only where a key stands: behind `/` or `=`.
 */
export function secretPattern(value: string): string {
  const pattern = [...value].map(characterPattern).join('');
  return PLAIN_WORD.test(value) ? `(?<=[/=]|%2[fF]|%3[dD])${pattern}(?![A-Za-z0-9])` : pattern;
}

function characterPattern(character: string): string {
  // No encoder touches these.
  if (/^[A-Za-z0-9]$/.test(character)) return character;
  const spellings = [escapeForPattern(character), percentPattern(character), jsonUnicodePattern(character)];
  const json = JSON.stringify(character).slice(1, -1);
  if (json !== character) spellings.push(escapeForPattern(json));
  if (character === '/') spellings.push('\\\\/');
  if (character === ' ') spellings.push('\\+');
  const name = htmlNames[character];
  if (name)
    spellings.push(`&(?:${name}|#0*${character.charCodeAt(0)}|#x0*${character.charCodeAt(0).toString(16)});`);
  return `(?:${spellings.join('|')})`;
}

function percentPattern(character: string): string {
  return [...encoder.encode(character)].map((byte) => `%(?:25)?${hexPattern(byte, 2)}`).join('');
}

function jsonUnicodePattern(character: string): string {
  return character
    .split('')
    .map((unit) => `\\\\u${hexPattern(unit.charCodeAt(0), 4)}`)
    .join('');
}

/** Hexadecimal digits in either case. */
function hexPattern(value: number, digits: number): string {
  return value
    .toString(16)
    .padStart(digits, '0')
    .replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
