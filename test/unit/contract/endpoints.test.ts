import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { type EndpointId, endpointGroups, endpoints } from '../../../main/contract/api/index.ts';
import { commonErrors, type Endpoint } from '../../../main/contract/endpoint.ts';
import { errorRegistry } from '../../../main/contract/errors.ts';

const rows = Object.entries(endpoints) as [EndpointId, Endpoint][];

describe.each(rows)('%s', (id, row) => {
  it('is found under its own id, with a verb of the closed list', () => {
    expect(row.id).toBe(id);
    expect(id).toMatch(/^(get|list|create|update|delete|start|stop|retry|check|probe)[A-Z]/);
  });

  it('has an address below /api/v1 whose parameters are those of its schema', () => {
    expect(row.path).toMatch(/^(\/api\/v1\/[a-z0-9/{}A-Z-]+|\/health|\/metrics)$/);
    const inPath = [...row.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    expect(Object.keys((row.params as z.ZodObject).shape)).toEqual(inPath);
  });

  it('names only errors of the registry, each once', () => {
    const codes = [...row.errors, ...commonErrors(row)];
    for (const code of codes) expect(errorRegistry).toHaveProperty([code]);
    expect(new Set(row.errors).size).toBe(row.errors.length);
  });

  it('changes nothing without a scope, and nothing by GET', () => {
    if (row.scope === 'none') expect(['getHealth', 'createSession']).toContain(id);
    if (row.method === 'GET') expect(row.body.safeParse(undefined).success).toBe(true);
    if (row.method !== 'GET' && row.scope === 'read') expect(id).toBe('deleteSession');
    expect(row.status).toBeGreaterThanOrEqual(200);
    expect(row.status).toBeLessThan(300);
  });

  it('shows examples that its own schemas take', () => {
    const { params, query, body, response } = row.example;
    if (params) expect(row.params.safeParse(params)).toMatchObject({ success: true });
    if (query) expect(row.query.safeParse(query)).toMatchObject({ success: true });
    if (body !== undefined) expect(row.body.safeParse(body)).toMatchObject({ success: true });
    if (response !== undefined) expect(row.response.safeParse(response)).toMatchObject({ success: true });
  });
});

describe('the list of endpoints', () => {
  it('has no two rows for one method and address', () => {
    const places = rows.map(([, { method, path }]) => `${method} ${path}`);
    expect(places.toSorted()).toEqual([...new Set(places)].sort());
  });

  it('puts every row into exactly one group', () => {
    expect(endpointGroups.flatMap(({ ids }) => ids).sort()).toEqual(rows.map(([id]) => id).sort());
  });

  it('has the addresses people know from the documentation', () => {
    const places = rows.map(([, { method, path }]) => `${method} ${path.replace(/\{\w+\}/g, '{id}')}`);
    expect(places).toEqual(
      expect.arrayContaining([
        'POST /api/v1/streams',
        'GET /api/v1/streams/{id}',
        'PUT /api/v1/streams/{id}/quality',
        'DELETE /api/v1/streams/{id}',
        'POST /api/v1/streams/{id}/outputs/{id}/retry',
        'GET /health',
        'GET /metrics',
      ]),
    );
  });

  it('takes a list query as text, with bounds', () => {
    const { query } = endpoints.listStreams;
    expect(query.parse({ limit: '200' })).toEqual({ limit: 200 });
    expect(query.parse({})).toEqual({ limit: 50 });
    for (const limit of ['0', '201', '1.5', 'x', '']) expect(query.safeParse({ limit }).success).toBe(false);
  });
});
