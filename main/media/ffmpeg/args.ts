/** Splits a constant argument text at its blanks: `words('-f flv')`. Never for text that came from outside. */
export function words(text: string): string[] {
  return text.split(' ');
}

/**
 * A value inside a filtergraph, such as a path: escaped for the option (`\`, `'`, `:`) and then for the graph
 * (`\`, `'`, `[`, `]`, `,`, `;`). Source: ffmpeg-filters(1), "Notes on filtergraph escaping".
 */
export function filterValue(value: string): string {
  return value.replace(/[\\':]/g, '\\$&').replace(/[\\'[\],;]/g, '\\$&');
}

/** A string in an ffconcat script: in single quotes, inside which nothing is special. */
export function concatString(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
