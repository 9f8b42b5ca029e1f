/**
 * The small page through which `streamware open` takes a browser to the studio. Command lines can be read by every program
 * of the machine, files of the data folder only by its owner: so the browser is given the name of a file, and the one-time
 * link stands inside. Written by the command line, removed by the engine as soon as the link is spent or has run out.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = /^open-[0-9a-f]{16}\.html$/;

/** Where the page for this one-time code is. Its name says nothing about the code. @param root the data folder */
function studioFilePath(root: string, code: string): string {
  return join(root, `open-${createHash('sha256').update(code).digest('hex').slice(0, 16)}.html`);
}

/** @returns the path of a page, readable by its owner alone, that goes on to `link`. @throws what the file system says */
export function writeStudioFile(root: string, link: string): string {
  const path = studioFilePath(root, new URL(link).searchParams.get('k') ?? '');
  mkdirSync(root, { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  writeFileSync(path, pageTo(link), { mode: 0o600, flag: 'wx' });
  return path;
}

/** Removes the page of one code, if there is one. Never throws: nobody is kept from signing in by a file that stays. */
export function removeStudioFile(root: string, code: string): void {
  try {
    rmSync(studioFilePath(root, code), { force: true });
  } catch {
    // The next start of an engine tries again; until then it leads to a link that is no longer good.
  }
}

/** Removes what an engine that ended before its links did has left. Never throws. */
export function removeStudioFiles(root: string): void {
  try {
    for (const name of readdirSync(root)) if (NAME.test(name)) rmSync(join(root, name), { force: true });
  } catch {
    // A page that stays is of no use to anybody: its link is spent, has run out, or ended with its engine.
  }
}

function pageTo(link: string): string {
  const address = link.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=${address}">
<title>streamware</title>
<p><a href="${address}">Open the studio</a></p>
</html>
`;
}
