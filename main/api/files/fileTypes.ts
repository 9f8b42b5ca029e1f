/** What a file is, by its ending, and how long it may be kept by whoever fetched it. */
export interface FileType {
  readonly contentType: string;
  /**
   * `fresh`: changes under the same name; no copy may be kept and no validator is given, since a player that gets
   * "304 not modified" for a live playlist stops. `check`: may be kept, must be asked for again. `keep`: never changes.
   */
  readonly caching: 'fresh' | 'check' | 'keep';
}

const mediaTypes: Readonly<Record<string, FileType>> = {
  m3u8: { contentType: 'application/vnd.apple.mpegurl', caching: 'fresh' },
  ts: { contentType: 'video/mp2t', caching: 'keep' },
  m4s: { contentType: 'video/mp4', caching: 'keep' },
  // The initialisation segment keeps its name when the encoder changes.
  mp4: { contentType: 'video/mp4', caching: 'check' },
  aac: { contentType: 'audio/aac', caching: 'keep' },
  vtt: { contentType: 'text/vtt; charset=utf-8', caching: 'keep' },
};

const pageTypes: Readonly<Record<string, FileType>> = {
  html: { contentType: 'text/html; charset=utf-8', caching: 'check' },
  js: { contentType: 'text/javascript; charset=utf-8', caching: 'check' },
  css: { contentType: 'text/css; charset=utf-8', caching: 'check' },
  json: { contentType: 'application/json; charset=utf-8', caching: 'check' },
  webmanifest: { contentType: 'application/manifest+json; charset=utf-8', caching: 'check' },
  svg: { contentType: 'image/svg+xml', caching: 'check' },
  png: { contentType: 'image/png', caching: 'check' },
  jpg: { contentType: 'image/jpeg', caching: 'check' },
  webp: { contentType: 'image/webp', caching: 'check' },
  ico: { contentType: 'image/x-icon', caching: 'check' },
  woff2: { contentType: 'font/woff2', caching: 'check' },
  wasm: { contentType: 'application/wasm', caching: 'check' },
  mp3: { contentType: 'audio/mpeg', caching: 'check' },
};

/** The type of a file below /live; null for what is not served there. */
export function mediaTypeOf(name: string): FileType | null {
  return lookUp(mediaTypes, name);
}

/** The type of a file of the studio; null for what is not served. Built files carry a hash in their name below assets/. */
export function pageTypeOf(name: string): FileType | null {
  const type = lookUp(pageTypes, name);
  return type && name.startsWith('assets/') ? { ...type, caching: 'keep' } : type;
}

function lookUp(types: Readonly<Record<string, FileType>>, name: string): FileType | null {
  const ending = /\.(?<ending>[a-z0-9]+)$/i.exec(name)?.groups?.ending?.toLowerCase() ?? '';
  return Object.hasOwn(types, ending) ? (types[ending] ?? null) : null;
}

export function cacheControlOf(caching: FileType['caching']): string {
  if (caching === 'fresh') return 'no-store';
  return caching === 'check' ? 'no-cache' : 'public, max-age=3600, immutable';
}
