// Which part of streamware may see which. The table is the rule; the rest only looks it up.

import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import type { SourceTree } from './sourceTree.ts';
import { listImports } from './syntax.ts';

/** A part of the source → the parts it may import besides itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  contract: ['lib'],
  media: ['lib', 'contract'],
  store: ['lib', 'contract'],
  streams: ['lib', 'contract', 'media', 'store', 'services'],
  services: ['lib', 'contract', 'media', 'store', 'streams'],
  api: ['lib', 'contract', 'media', 'store', 'streams', 'services'],
  // These two host the engine in their own process.
  cli: ['lib', 'contract', 'media', 'store', 'streams', 'services', 'engine', 'sdk'],
  sdk: ['lib', 'contract', 'media', 'store', 'streams', 'services', 'engine'],
  engine: ['lib', 'contract', 'media', 'store', 'streams', 'services', 'api'],
  headless: ['lib', 'contract', 'media', 'store', 'streams', 'services', 'api', 'engine'],
  // Everything with a window is a client of the engine and talks HTTP.
  desktop: ['contract'],
  index: ['contract', 'desktop'],
  preload: ['contract'],
  renderer: ['contract'],
};

/** A package → the only places that may import it, as the start of a path. */
const packagePlaces: Readonly<Record<string, readonly string[]>> = {
  electron: ['main/desktop/', 'main/index.ts', 'preload/'],
  'electron-updater': ['main/desktop/'],
  'fluent-ffmpeg': ['main/media/ffmpeg/command.ts'],
  // Its JavaScript is GPL. The program inside is found as a file and run as a process of its own.
  'ffmpeg-static': [],
};

/** The only packages that code for both worlds may use. */
const contractPackages = ['zod'];

/** @returns one sentence per wrong import */
export function findWrongImports(tree: SourceTree): string[] {
  return [...tree].flatMap(([path, code]) => {
    const reasons = listImports(path, code).flatMap((name) => {
      const reason = name.startsWith('.') ? whyNotFile(path, resolve(path, name)) : whyNotPackage(path, name);
      return reason === null ? [] : [`${path} imports ${name}: ${reason}`];
    });
    return [...new Set(reasons)];
  });
}

/** @returns files that end up in a browser and use Node, by whatever way they get there */
export function findNodeInBrowser(tree: SourceTree): string[] {
  const pending = [...tree.keys()].filter((path) => /^(main\/contract|renderer)\//.test(path));
  const reached = new Set(pending);
  for (const path of pending) {
    for (const name of listImports(path, tree.get(path) ?? '')) {
      const target = resolve(path, name);
      if (!name.startsWith('.') || !tree.has(target) || reached.has(target)) continue;
      reached.add(target);
      pending.push(target);
    }
  }
  return pending.flatMap((path) => {
    const builtins = listImports(path, tree.get(path) ?? '').filter((name) => isBuiltin(name));
    return builtins.map((name) => `${path} imports ${name} and is part of what a browser loads`);
  });
}

function whyNotFile(from: string, to: string): string | null {
  const source = partOf(from);
  const target = partOf(to);
  if (source === null) return `this place has no layer; add it to test/architecture/layers.ts`;
  if (target === null)
    return to === 'package.json' || to.startsWith('resources/') ? null : 'outside the source of streamware';
  if (source !== target && !mayImport[source]?.includes(target)) {
    return `${source} may see ${mayImport[source]?.join(', ') || 'nothing else'}, not ${target}`;
  }
  return whyNotInside(from, to);
}

/** A service, and the streams as a whole, show one file to the others. */
function whyNotInside(from: string, to: string): string | null {
  const owner = /^main\/(services\/[^/]+|streams)\//.exec(to)?.[0];
  if (!owner || from.startsWith(owner) || to === `${owner}index.ts`) return null;
  const isPeer = /^main\/(services|streams)\//.test(from);
  return isPeer || owner !== 'main/streams/' ? `only ${owner}index.ts is for others` : null;
}

function whyNotPackage(path: string, name: string): string | null {
  if (name.endsWith('/package.json')) return null; // Only asks where the package is.
  const packageName = name.split('/', name.startsWith('@') ? 2 : 1).join('/');
  const places = packagePlaces[packageName];
  if (places && !places.some((place) => path.startsWith(place))) {
    return places.length > 0
      ? `only ${places.join(', ')} may`
      : `nothing may, but its folder can be found by require.resolve('${packageName}/package.json')`;
  }
  const part = partOf(path);
  if (part === 'contract' && !contractPackages.includes(packageName)) {
    return `contract is for every world and may use ${contractPackages.join(', ')} only`;
  }
  return null;
}

function partOf(path: string): string | null {
  const part = /^(?:main\/)?(?<part>\w+)(?:\/|\.ts$)/.exec(path)?.groups?.part ?? '';
  return part in mayImport ? part : null;
}

function resolve(from: string, name: string): string {
  return posix.join(posix.dirname(from), name);
}
