/** What `ffmpeg -version` says, whoever built it. */
export interface FfmpegVersion {
  /** As printed: `5.1.9-0+deb12u1`, `n6.0`, `N-111-gabc`, `7.1.1-essentials_build-www.gyan.dev`. */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

const FIRST_LINE = /^ff(?:mpeg|probe) version (?<text>\S+)/m;
const RELEASE = /^n?(?<major>\d{1,2})\.(?<minor>\d{1,3})(?:[.\-+~_]|$)/;
const LIBAVUTIL = /^\s*libavutil\s+(?<major>\d+)\.\s*(?<minor>\d+)\./m;

/** First libavutil minor of each release, newest first: a build from git has no release number, but this. */
const releasesByLibavutil: readonly {
  util: readonly [number, number];
  release: readonly [number, number];
}[] = [
  { util: [60, 26], release: [8, 1] },
  { util: [60, 8], release: [8, 0] },
  { util: [59, 39], release: [7, 1] },
  { util: [59, 8], release: [7, 0] },
  { util: [58, 29], release: [6, 1] },
  { util: [58, 2], release: [6, 0] },
  { util: [57, 28], release: [5, 1] },
  { util: [57, 17], release: [5, 0] },
  { util: [56, 14], release: [4, 0] },
];

/** Reads the output of `ffmpeg -version`; null when it is not ffmpeg's. */
export function parseVersion(output: string): FfmpegVersion | null {
  const text = FIRST_LINE.exec(output)?.groups?.text;
  if (text === undefined) return null;
  const release = RELEASE.exec(text)?.groups;
  if (release !== undefined) return { text, major: Number(release.major), minor: Number(release.minor) };
  const util = LIBAVUTIL.exec(output)?.groups;
  if (util === undefined) return null;
  const [major, minor] = releaseOf(Number(util.major), Number(util.minor));
  return { text, major, minor };
}

function releaseOf(utilMajor: number, utilMinor: number): readonly [number, number] {
  const known = releasesByLibavutil.find(
    ({ util: [major, minor] }) => utilMajor > major || (utilMajor === major && utilMinor >= minor),
  );
  return known?.release ?? [0, 0];
}

export function isAtLeast(version: FfmpegVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}
