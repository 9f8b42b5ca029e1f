/** /api/v1/openapi.json and /api/docs. Open to all who get past the guard: they hold nothing that the repository does not. */
import type { FastifyInstance } from 'fastify';
import { setPageHeaders } from '../studioRoutes.ts';
import { docsPage } from './docsPage.ts';
import { buildOpenApi } from './openapi.ts';

export function registerDocuments(app: FastifyInstance, version: string, cookieName: string): void {
  // Made on first use: an engine that nobody asks does not pay for it.
  let made: { json: string; html: string } | null = null;
  const documents = (): { json: string; html: string } => {
    if (made !== null) return made;
    const openApi = buildOpenApi(version, cookieName);
    made = { json: JSON.stringify(openApi), html: docsPage(openApi) };
    return made;
  };
  app.get('/api/v1/openapi.json', { config: { scope: 'none' } }, async (_request, reply) =>
    reply.header('Cache-Control', 'no-cache').type('application/json; charset=utf-8').send(documents().json),
  );
  app.get('/api/docs', { config: { scope: 'none' } }, async (_request, reply) => {
    setPageHeaders(reply);
    return reply.header('Cache-Control', 'no-cache').type('text/html; charset=utf-8').send(documents().html);
  });
}
