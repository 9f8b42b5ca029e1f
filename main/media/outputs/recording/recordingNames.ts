/** Names of recordings and clips: dated, safe on every system, numbered instead of overwriting. Pure. */
import { extname } from 'node:path';

const MAX_SLUG_BYTES = 80;

/** `friday-show-2025-05-02-20-00-40.mp4`, in local time. `label` is what people typed: any characters, any length. */
export function datedName(label: string, epochMs: number, extension: string): string {
  const at = new Date(epochMs);
  const fields = [
    at.getFullYear(),
    at.getMonth() + 1,
    at.getDate(),
    at.getHours(),
    at.getMinutes(),
    at.getSeconds(),
  ];
  const date = fields.map((field) => String(field).padStart(2, '0')).join('-');
  return `${slug(label)}-${date}${extension}`;
}

/** Letters and digits of any script, everything else a single `-`. Never empty, never hidden, never a device name. */
export function slug(label: string): string {
  const words = label
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  return cutToBytes(words, MAX_SLUG_BYTES).replace(/-+$/, '') || 'stream';
}

/** The first part keeps its name, the next ones get `-2`, `-3`, … before the extension. `number` is 1 or more. */
export function numberedPath(path: string, number: number): string {
  if (number === 1) return path;
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}-${number}${extension}`;
}

/** Cuts between characters, so that no half character is left. */
function cutToBytes(text: string, maxBytes: number): string {
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return kept;
}
