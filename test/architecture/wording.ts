// What must not be left in the repository. The patterns are written so that they do not find themselves.

import { isCode, type SourceTree } from './sourceTree.ts';

interface Rule {
  pattern: RegExp;
  why: string;
  codeOnly: boolean;
}

const rules: readonly Rule[] = [
  { pattern: /\b(?:TO[D]O|FIX[M]E)\b/, why: 'finish it, or leave it out', codeOnly: false },
  { pattern: /\bas an[y]\b(?!\s+[a-z])/, why: 'switches the type checker off', codeOnly: true },
  { pattern: /@ts-(?:ignor[e]|nochec[k])\b/, why: 'switches the type checker off', codeOnly: true },
  {
    pattern: /\b(?:it|test|describe|suite|bench)\.(?:\w+\.)*(?:ski[p]|onl[y]|tod[o])\b/,
    why: 'a test that never runs, or keeps the others from running',
    codeOnly: true,
  },
  { pattern: /(?:^|[\s"'`(=])\/wor[k]\//, why: 'a path of one machine', codeOnly: false },
  { pattern: /\bsub-?agent[s]?\b/i, why: 'the repository speaks of streamware alone', codeOnly: false },
];

/** @returns one sentence per line with something that must not be there */
export function findWording(tree: SourceTree): string[] {
  return [...tree].flatMap(([path, text]) => {
    const asked = rules.filter((rule) => !rule.codeOnly || isCode(path));
    return text.split('\n').flatMap((line, index) => {
      const broken = asked.filter((rule) => rule.pattern.test(line));
      return broken.map((rule) => `${path}:${index + 1} ${line.trim()} (${rule.why})`);
    });
  });
}

/** A lock that names a registry cannot be installed from another one. */
export function namesRegistry(lock: string): boolean {
  return /"resolved":/.test(lock);
}
