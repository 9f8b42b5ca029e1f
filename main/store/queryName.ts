import type { Request } from './protocol.ts';

const MAX_LENGTH = 100;

/** A short name for the log: the comment a query begins with, such as `-- timeline by stream`, else its first words. Values are never in it. */
export function queryName(request: Request): string {
  if (request.kind === 'batch' || request.kind === 'writeRows') {
    const [first] = request.statements;
    return `${request.statements.length} × ${first ? nameOf(first.sql) : 'nothing'}`;
  }
  return 'sql' in request ? nameOf(request.sql) : request.kind;
}

function nameOf(sql: string): string {
  const comment = /^\s*--\s*(?<name>[^\n]+)/.exec(sql)?.groups?.name;
  return (comment ?? sql).replaceAll(/\s+/g, ' ').trim().slice(0, MAX_LENGTH);
}
