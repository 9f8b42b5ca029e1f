// How long a file or a function may grow. A cap bites on the tail: the usual file is far below it.

import type { SourceTree } from './sourceTree.ts';
import { listFunctions } from './syntax.ts';

const maxSourceLines = 400;
const maxTestLines = 800;
const maxFunctionLines = 60;
/** A component is mostly markup, which is long and simple. */
const maxComponentLines = 200;

/** @returns one sentence per file or function over its cap */
export function findOverlong(tree: SourceTree): string[] {
  return [...tree].flatMap(([path, code]) => [...overlongFile(path, code), ...overlongFunctions(path, code)]);
}

function overlongFile(path: string, code: string): string[] {
  const lines = code.trimEnd().split('\n').length;
  const cap = path.startsWith('test/') ? maxTestLines : maxSourceLines;
  return lines > cap ? [`${path} has ${lines} lines, ${cap} at most`] : [];
}

/** A suite in a test file is one long function, so tests have no cap on functions. */
function overlongFunctions(path: string, code: string): string[] {
  if (path.startsWith('test/')) return [];
  return listFunctions(path, code).flatMap(({ name, line, lines }) => {
    const cap = isComponent(path, name) ? maxComponentLines : maxFunctionLines;
    return lines > cap ? [`${path}:${line} ${name} has ${lines} lines, ${cap} at most`] : [];
  });
}

function isComponent(path: string, name: string): boolean {
  return path.startsWith('renderer/') && path.endsWith('.tsx') && /^[A-Z]/.test(name);
}
