import { describe, expect, it } from 'vitest';
import { findOverlong } from './caps.ts';
import { isCode, readTree } from './sourceTree.ts';

const tree = readTree((path) => isCode(path) && !path.startsWith('test/fixtures/'));
const body = (lines: number): string => '  step();\n'.repeat(lines);

describe('files and functions', () => {
  it('stay short', () => {
    expect(findOverlong(tree)).toEqual([]);
  });
});

describe('the guard of lengths', () => {
  it.each([
    ['a source file of 401 lines', 'main/lib/a.ts', body(401)],
    ['a script of 401 lines', 'scripts/a.mjs', body(401)],
    ['a test file of 801 lines', 'test/unit/a.test.ts', body(801)],
    ['a function of 61 lines', 'main/lib/a.ts', `function f() {\n${body(59)}}`],
    ['a method of 61 lines', 'main/lib/a.ts', `class A {\n  m() {\n${body(59)}}\n}`],
    ['an arrow function of 61 lines', 'main/lib/a.ts', `const f = () => {\n${body(59)}};`],
    ['a function in a function', 'main/lib/a.ts', `function f() {\n  return () => {\n${body(59)}};\n}`],
    ['a component of 201 lines', 'renderer/App.tsx', `export function App() {\n${body(199)}}`],
    ['a helper of 61 lines next to a component', 'renderer/App.tsx', `function help() {\n${body(59)}}`],
  ])('refuses %s', (_name, path, code) => {
    expect(findOverlong(new Map([[path, code]])).length).toBeGreaterThan(0);
  });

  it.each([
    ['a source file of 400 lines', 'main/lib/a.ts', body(400)],
    ['a test file of 800 lines', 'test/unit/a.test.ts', body(800)],
    ['a function of 60 lines', 'main/lib/a.ts', `function f() {\n${body(58)}}`],
    ['a component of 200 lines', 'renderer/App.tsx', `export function App() {\n${body(198)}}`],
    ['a long suite', 'test/unit/a.test.ts', `describe('a', () => {\n${body(300)}});`],
  ])('allows %s', (_name, path, code) => {
    expect(findOverlong(new Map([[path, code]]))).toEqual([]);
  });

  it('names the function and the line', () => {
    expect(findOverlong(new Map([['main/a.ts', `\nconst long = () => {\n${body(60)}};`]]))).toEqual([
      'main/a.ts:2 long has 62 lines, 60 at most',
    ]);
  });
});
