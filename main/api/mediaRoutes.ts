/**
 * HLS files below /live, open to every page and player (CORS `*`, never with credentials). The same routes
 * serve on the control listener and on the one that may be opened to the network.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { StreamwareError } from '../contract/errors.ts';
import { mediaTypeOf } from './files/fileTypes.ts';
import { pathBelow } from './files/requestPath.ts';
import { sendFile } from './files/sendFile.ts';
import type { HlsPort } from './ports.ts';

const MEDIA_PREFIX = '/live/';

export function isMediaPath(url: string): boolean {
  return url.startsWith(MEDIA_PREFIX);
}

export function registerMediaRoutes(app: FastifyInstance, hls: HlsPort): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: `${MEDIA_PREFIX}*`,
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      openToAllOrigins(reply);
      const path = pathBelow(request.raw.url ?? '', MEDIA_PREFIX);
      const type = path === null ? null : mediaTypeOf(path);
      const realPath = path === null || type === null ? null : await hls.resolve(path);
      if (realPath === null || type === null) throw new StreamwareError('file.not_found');
      return sendFile(request, reply, realPath, type);
    },
  });
  app.route({ method: 'OPTIONS', url: `${MEDIA_PREFIX}*`, handler: answerPreflight });
}

function openToAllOrigins(reply: FastifyReply): void {
  reply
    .header('Access-Control-Allow-Origin', '*')
    .header('Access-Control-Expose-Headers', 'Content-Length, Content-Range, Accept-Ranges, ETag')
    .header('Cross-Origin-Resource-Policy', 'cross-origin');
}

async function answerPreflight(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  openToAllOrigins(reply);
  reply
    .header('Access-Control-Allow-Methods', 'GET, HEAD, OPTIONS')
    .header('Access-Control-Allow-Headers', 'Range, If-Range, If-None-Match')
    .header('Access-Control-Max-Age', '86400');
  if (request.headers['access-control-request-private-network'] === 'true') {
    reply.header('Access-Control-Allow-Private-Network', 'true');
  }
  return reply.code(204).send();
}
