/** Numbers, sizes and times as the user's language writes them. */

/** 4630 → "4.6". */
export function formatMegabits(kbps: number, language: string): string {
  return formatNumber(kbps / 1000, language, 1);
}

/** 4630 → "4.6 Mb/s". */
export function formatBitrate(kbps: number, language: string): string {
  return `${formatMegabits(kbps, language)} Mb/s`;
}

export function formatNumber(value: number, language: string, digits = 0): string {
  return new Intl.NumberFormat(language, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** 1 234 567 → "1.2 MB", in steps of a thousand. */
export function formatBytes(bytes: number, language: string): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${formatNumber(bytes / 1000 ** power, language, power < 2 ? 0 : 1)} ${units[power]}`;
}

/** "01:12:31". */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** Time of the day, in the user's zone. */
export function formatTime(at: number, language: string): string {
  return new Intl.DateTimeFormat(regionOf(language), { timeStyle: 'medium' }).format(at);
}

/** The user's own flavour of a language: English has the clock of the user's country. */
function regionOf(language: string): string {
  return navigator.languages.find((known) => known.startsWith(language)) ?? language;
}

/** Whole seconds until then, at least 0. */
export function secondsUntil(at: number, now: number): number {
  return Math.max(0, Math.ceil((at - now) / 1000));
}

/** The last part of a path, of either kind of system. */
export function fileName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}
