/**
 * What an ffmpeg can do, asked from the binary and remembered as long as the file stays the same.
 * A name on a list says that it was compiled in, not that it works: encoders are tried in encoderChoice.ts.
 */
import { existsSync } from 'node:fs';
import { filterValue } from './args.ts';
import type { FfmpegBinary } from './binary.ts';
import { type BriefRunContext, runBriefly } from './briefRun.ts';
import { samplePictures } from './samplePictures.ts';

export interface FfmpegAbilities {
  readonly encoders: ReadonlySet<string>;
  readonly muxers: ReadonlySet<string>;
  readonly demuxers: ReadonlySet<string>;
  readonly filters: ReadonlySet<string>;
  readonly inputProtocols: ReadonlySet<string>;
  readonly outputProtocols: ReadonlySet<string>;
  /** Video codecs beyond H.264 that its FLV muxer carries (Enhanced RTMP; since 6.1). It reads what it writes. */
  readonly enhancedFlv: ReadonlySet<'hevc' | 'av1'>;
  /** Names of colours, in lower case. */
  readonly colours: ReadonlySet<string>;
  /** With what text can be drawn; null when it cannot (no drawtext filter, or no font on this computer). */
  readonly font: TextFont | null;
}

export type TextFont =
  | { readonly kind: 'family'; readonly family: string }
  /** Escaped for a filtergraph. */
  | { readonly kind: 'file'; readonly escapedPath: string };

export interface AbilityReader {
  /** Asked from the binary the first time, answered from memory until the file changes. */
  read(binary: FfmpegBinary): Promise<FfmpegAbilities>;
}

const LIST_TIMEOUT_MS = 15_000;

export interface AbilityReaderOptions extends BriefRunContext {
  /** Font files to try when the system's font configuration gives none, best first. */
  readonly fontFiles?: readonly string[];
}

export function createAbilityReader(context: AbilityReaderOptions): AbilityReader {
  const known = new Map<string, Promise<FfmpegAbilities>>();
  return {
    read(binary: FfmpegBinary): Promise<FfmpegAbilities> {
      const remembered = known.get(binary.identity);
      if (remembered !== undefined) return remembered;
      const asked = askAll(binary.ffmpegPath, context);
      known.set(binary.identity, asked);
      asked.catch(() => known.delete(binary.identity));
      return asked;
    },
  };
}

async function askAll(path: string, context: AbilityReaderOptions): Promise<FfmpegAbilities> {
  const ask = async (list: string): Promise<string> => {
    const run = { args: ['-hide_banner', '-loglevel', 'quiet', `-${list}`], timeoutMs: LIST_TIMEOUT_MS };
    return (await runBriefly(path, run, context)).stdout.toString('utf8');
  };
  const [encoders, formats, filters, protocols, colours, canHevc, canAv1, font] = await Promise.all([
    ask('encoders'),
    ask('formats'),
    ask('filters'),
    ask('protocols'),
    ask('colors'),
    canMuxFlv(path, 'hevc', context),
    canMuxFlv(path, 'av1', context),
    findFont(path, context),
  ]);
  const { input, output } = parseProtocols(protocols);
  return {
    encoders: new Set(parseFlagTable(encoders).map(({ name }) => name)),
    muxers: namesWith('E', formats),
    demuxers: namesWith('D', formats),
    filters: parseFilters(filters),
    inputProtocols: input,
    outputProtocols: output,
    enhancedFlv: new Set([...(canHevc ? (['hevc'] as const) : []), ...(canAv1 ? (['av1'] as const) : [])]),
    colours: parseColours(colours),
    font,
  };
}

/** Fonts of the three systems, for builds of ffmpeg that have no font configuration. */
const usualFontFiles: readonly string[] = [
  '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
  '/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf',
  '/usr/share/fonts/TTF/DejaVuSans.ttf',
  '/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf',
  '/System/Library/Fonts/Helvetica.ttc',
  'C:\\Windows\\Fonts\\arial.ttf',
];

/** A letter is really drawn with each candidate, since a filter without a font fails only when it is used. */
async function findFont(path: string, context: AbilityReaderOptions): Promise<TextFont | null> {
  const files = [...(context.fontFiles ?? []), ...usualFontFiles].filter((file) => existsSync(file));
  const candidates: TextFont[] = [
    { kind: 'family', family: 'Sans' },
    ...files.map((file) => ({ kind: 'file' as const, escapedPath: filterValue(file) })),
  ];
  for (const font of candidates) {
    const picture = `color=s=64x64:d=0.04,drawtext=${fontOption(font)}:text=a`;
    const args = ['-loglevel', 'quiet', '-f', 'lavfi', '-i', picture, '-f', 'null', '-'];
    if ((await runBriefly(path, { args, timeoutMs: LIST_TIMEOUT_MS }, context)).code === 0) return font;
  }
  return null;
}

/** The part of a drawtext filter that names the font. */
export function fontOption(font: TextFont): string {
  return font.kind === 'family' ? `font=${font.family}` : `fontfile=${font.escapedPath}`;
}

/** The sure way: it is given one picture of the codec and asked to put it into FLV. */
async function canMuxFlv(path: string, codec: 'hevc' | 'av1', context: BriefRunContext): Promise<boolean> {
  const { format, bytes } = samplePictures[codec];
  const args = [
    '-hide_banner',
    '-loglevel',
    'error',
    '-f',
    format,
    '-i',
    'pipe:0',
    '-c',
    'copy',
    '-bsf:v',
    'setts=ts=0',
    '-f',
    'flv',
    'pipe:1',
  ];
  const { code, stdout } = await runBriefly(
    path,
    { args, stdin: bytes, timeoutMs: LIST_TIMEOUT_MS },
    context,
  );
  return code === 0 && stdout.length > bytes.length;
}

export interface FlaggedName {
  readonly flags: string;
  readonly name: string;
}

/**
 * Lists such as `-encoders` and `-formats`: a legend, a line of dashes as long as the flag column, then
 * ` flags name description`. The number of flags differs between versions (formats: 2 up to 6, 3 from 7 on),
 * so it is read from the dashes. A name may be several, separated by commas.
 */
export function parseFlagTable(output: string): FlaggedName[] {
  const lines = output.split(/\r?\n/);
  const rule = lines.findIndex((line) => /^ -{2,}$/.test(line));
  if (rule < 0) return [];
  const width = (lines[rule] ?? '').length - 1;
  return lines.slice(rule + 1).flatMap((line) => {
    const flags = line.slice(1, 1 + width);
    const names = /^\s+(\S+)/.exec(line.slice(1 + width))?.[1];
    return names === undefined ? [] : names.split(',').map((name) => ({ flags, name }));
  });
}

function namesWith(flag: string, output: string): Set<string> {
  return new Set(parseFlagTable(output).flatMap(({ flags, name }) => (flags.includes(flag) ? [name] : [])));
}

/** ` TSC name  V->V  description`, with two or three flags and, depending on the version, no line of dashes. */
export function parseFilters(output: string): Set<string> {
  const names = output
    .split(/\r?\n/)
    .map((line) => /^ {1,2}[TSC.]{2,3} (\S+)\s+\S*->\S*(?:\s|$)/.exec(line)?.[1]);
  return new Set(names.filter((name) => name !== undefined));
}

export function parseProtocols(output: string): { input: Set<string>; output: Set<string> } {
  const [, input = '', rest = ''] = /Input:([\s\S]*?)Output:([\s\S]*)/.exec(output) ?? [];
  const names = (text: string): Set<string> => new Set(text.split(/\s+/).filter((name) => name !== ''));
  return { input: names(input), output: names(rest) };
}

/** `name #rrggbb`, one a line below a heading. */
export function parseColours(output: string): Set<string> {
  const names = output.split(/\r?\n/).map((line) => /^(\w+)\s+#[0-9a-f]{6}/i.exec(line)?.[1]?.toLowerCase());
  return new Set(names.filter((name) => name !== undefined));
}
