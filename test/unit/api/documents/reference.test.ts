import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { apiReference } from '../../../../main/api/documents/reference.ts';
import { endpoints } from '../../../../main/contract/api/index.ts';
import type { Endpoint } from '../../../../main/contract/endpoint.ts';
import { errorCodes } from '../../../../main/contract/errors.ts';

const written = readFileSync(
  new URL('../../../../resources/docs/api.md', import.meta.url),
  'utf8',
).replaceAll('\r\n', '\n');

describe('resources/docs/api.md', () => {
  it('is what the contract says now; if not: node scripts/generateDocs.ts', () => {
    expect(written).toBe(apiReference());
  });

  it('has every endpoint and every error', () => {
    for (const { method, path } of Object.values<Endpoint>(endpoints))
      expect(written).toContain(`### ${method} ${path}\n`);
    for (const code of errorCodes) expect(written).toContain(`| \`${code}\` |`);
  });

  it('has links that lead somewhere', () => {
    const headings = new Set([...written.matchAll(/^#+ (.+)$/gm)].map((match) => match[1]?.toLowerCase()));
    for (const [, target] of written.matchAll(/\]\(#([^)]+)\)/g)) expect(headings).toContain(target);
  });
});
