import { describe, expect, it } from 'vitest';
import { docsPage } from '../../../../main/api/documents/docsPage.ts';
import { buildOpenApi, type Json, type JsonObject } from '../../../../main/api/documents/openapi.ts';
import { endpoints } from '../../../../main/contract/api/index.ts';
import type { Endpoint } from '../../../../main/contract/endpoint.ts';
import { errorCodes } from '../../../../main/contract/errors.ts';

const document = buildOpenApi('1.2.3');
const paths = document.paths as Record<string, Record<string, JsonObject>>;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

function refsIn(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(refsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : refsIn(inner)));
}

describe('the OpenAPI document', () => {
  it('is 3.1 with what that demands', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'streamware', version: '1.2.3' } });
    expect(Object.keys(document).sort()).toEqual([
      'components',
      'info',
      'openapi',
      'paths',
      'servers',
      'tags',
    ]);
  });

  it('has one operation per row', () => {
    const found = operations.map(
      ({ path, method, operation }) => `${String(operation.operationId)} ${method.toUpperCase()} ${path}`,
    );
    const expected = Object.values<Endpoint>(endpoints).map(
      ({ id, method, path }) => `${id} ${method} ${path}`,
    );
    expect(found.sort()).toEqual(expected.sort());
  });

  it('declares every parameter of a path, as needed', () => {
    for (const { path, operation } of operations) {
      const declared = (operation.parameters as JsonObject[]).filter((parameter) => parameter.in === 'path');
      expect(declared.map(({ name }) => `{${String(name)}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
      for (const parameter of declared) expect(parameter.required).toBe(true);
    }
  });

  it('points only at what is there', () => {
    const schemas = Object.keys((document.components as JsonObject).schemas as JsonObject);
    const refs = new Set(refsIn(document));
    expect(refs.size).toBeGreaterThan(10);
    for (const ref of refs) expect(schemas).toContain(ref.replace('#/components/schemas/', ''));
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  it('gives every response a description and every error its shape', () => {
    for (const { operation } of operations) {
      for (const [status, response] of Object.entries(operation.responses as Record<string, JsonObject>)) {
        expect(status).toMatch(/^[2-5]\d\d$/);
        expect(response.description).toEqual(expect.any(String));
        if (Number(status) >= 400) expect(response.content).toHaveProperty(['application/problem+json']);
      }
    }
  });

  it('asks for a token everywhere but where none is needed', () => {
    const open = operations
      .filter(({ operation }) => (operation.security as Json[]).length === 0)
      .map(({ operation }) => operation.operationId);
    expect(open.sort()).toEqual(['createSession', 'getHealth']);
  });

  it('keeps the descriptions of fields', () => {
    const parameters = (paths['/api/v1/streams']?.get?.parameters ?? []) as JsonObject[];
    expect(parameters.find(({ name }) => name === 'cursor')?.description).toContain('nextCursor');
  });

  it('comes out the same every time', () => {
    expect(JSON.stringify(buildOpenApi('1.2.3'))).toBe(JSON.stringify(document));
  });
});

describe('the docs page', () => {
  const html = docsPage(document);

  it('shows every operation, schema and error', () => {
    for (const id of Object.keys(endpoints)) expect(html).toContain(`id="${id}"`);
    for (const name of Object.keys((document.components as JsonObject).schemas as JsonObject))
      expect(html).toContain(`id="${name}"`);
    for (const code of errorCodes) expect(html).toContain(`id="${code}"`);
  });

  it('links only to places it has', () => {
    const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]));
    for (const [, target] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });

  it('needs nothing from elsewhere and runs no script', () => {
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|\son\w+=/);
    expect(html).not.toMatch(/(src|href)="https?:/);
  });
});
