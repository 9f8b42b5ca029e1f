// Reads a source file as syntax, so that a guard is not fooled by comments, strings or line breaks.

import { parseSync } from 'vite';

interface SyntaxNode {
  type: string;
  start: number;
  end: number;
  [property: string]: unknown;
}

export interface FunctionSpan {
  name: string;
  line: number;
  lines: number;
}

function parse(path: string, code: string): SyntaxNode {
  const { program, errors } = parseSync(path, code);
  const [error] = errors;
  if (error) throw new Error(`${path} cannot be read: ${error.message}`);
  return program as unknown as SyntaxNode;
}

/** Everything the file asks for by name: static, dynamic, re-exported, as a type, or by require. */
export function listImports(path: string, code: string): string[] {
  const found: string[] = [];
  walk(parse(path, code), (node) => {
    const source = importSource(node);
    if (source !== null) found.push(source);
  });
  return found;
}

export function listFunctions(path: string, code: string): FunctionSpan[] {
  const found: FunctionSpan[] = [];
  const lineAt = lineCounter(code);
  walk(parse(path, code), (node, parent) => {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return;
    const line = lineAt(node.start);
    found.push({ name: functionName(node, parent), line, lines: lineAt(node.end) - line + 1 });
  });
  return found;
}

function importSource(node: SyntaxNode): string | null {
  const argument = node.type === 'CallExpression' && isRequire(node.callee) ? firstOf(node.arguments) : null;
  return textOf(node.source) ?? textOf(argument);
}

/** `require(…)`, `require.resolve(…)` and the same through createRequire under the usual name. */
function isRequire(callee: unknown): boolean {
  if (!isNode(callee)) return false;
  return callee.name === 'require' || (callee.type === 'MemberExpression' && isRequire(callee.object));
}

function functionName(node: SyntaxNode, parent: SyntaxNode | null): string {
  for (const named of [node.id, parent?.id, parent?.key]) {
    if (isNode(named) && typeof named.name === 'string') return named.name;
  }
  return '(anonymous)';
}

function walk(node: SyntaxNode, visit: (node: SyntaxNode, parent: SyntaxNode | null) => void): void {
  const pending: [SyntaxNode, SyntaxNode | null][] = [[node, null]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [current, parent] = next;
    visit(current, parent);
    for (const child of Object.values(current).flat()) if (isNode(child)) pending.push([child, current]);
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : null;
}

/** The text of a literal; of a template with holes, the part that is known. */
function textOf(value: unknown): string | null {
  if (!isNode(value)) return null;
  if (value.type === 'TSLiteralType') return textOf(value.literal);
  if (value.type === 'TemplateLiteral') return templateText(value);
  return typeof value.value === 'string' ? value.value : null;
}

function templateText(template: SyntaxNode): string {
  const quasis = template.quasis as { value: { cooked: string } }[];
  return quasis.map((quasi) => quasi.value.cooked).join('*');
}

function lineCounter(code: string): (offset: number) => number {
  const starts = [0];
  for (let at = code.indexOf('\n'); at >= 0; at = code.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
