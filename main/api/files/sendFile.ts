/** Sends one file: whole, a range of it, or the word that the caller's copy is still good. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StreamwareError } from '../../contract/errors.ts';
import { cacheControlOf, type FileType } from './fileTypes.ts';
import { decideRange } from './range.ts';

/** Not through a link put there in the meantime, and without waiting for a writer if it is a pipe. */
const READ_PLAIN_FILE: number =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * @param path real path of the file
 * @throws `file.not_found` when it is gone or no regular file
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  type: FileType,
): Promise<FastifyReply> {
  const file = await openFile(path);
  try {
    const { size, mtimeMs } = await regularFile(file);
    reply.header('Content-Type', type.contentType).header('Cache-Control', cacheControlOf(type.caching));
    if (type.caching === 'fresh') return await sendWhole(request, reply, file);
    const etag = `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`;
    reply
      .header('ETag', etag)
      .header('Last-Modified', new Date(mtimeMs).toUTCString())
      .header('Accept-Ranges', 'bytes');
    if (listsTag(request.headers['if-none-match'], etag)) {
      await file.close();
      return reply.code(304).send();
    }
    const ifRange = request.headers['if-range'];
    const isSameFile = ifRange === undefined || ifRange === etag;
    return await sendRange(request, reply, file, size, isSameFile ? request.headers.range : undefined);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, READ_PLAIN_FILE);
  } catch (cause) {
    throw new StreamwareError('file.not_found', { cause });
  }
}

async function regularFile(file: FileHandle): Promise<{ size: number; mtimeMs: number }> {
  const stats = await file.stat();
  if (!stats.isFile()) throw new StreamwareError('file.not_found');
  return stats;
}

/** A playlist is small and may be replaced while it is sent: it is read at once and sent as one piece. */
async function sendWhole(
  request: FastifyRequest,
  reply: FastifyReply,
  file: FileHandle,
): Promise<FastifyReply> {
  const content = await file.readFile();
  await file.close();
  reply.header('Content-Length', content.length);
  return request.method === 'HEAD' ? reply.send() : reply.send(content);
}

async function sendRange(
  request: FastifyRequest,
  reply: FastifyReply,
  file: FileHandle,
  size: number,
  range: string | undefined,
): Promise<FastifyReply> {
  const decision = decideRange(range, size);
  if (decision.kind === 'unsatisfiable') {
    await file.close();
    return reply.code(416).header('Content-Range', `bytes */${size}`).removeHeader('Content-Type').send();
  }
  const start = decision.kind === 'part' ? decision.start : 0;
  const end = decision.kind === 'part' ? decision.end : size - 1;
  if (decision.kind === 'part') reply.code(206).header('Content-Range', `bytes ${start}-${end}/${size}`);
  reply.header('Content-Length', end - start + 1);
  if (request.method === 'HEAD' || size === 0) {
    await file.close();
    return reply.send();
  }
  return reply.send(file.createReadStream({ start, end }));
}

function listsTag(header: string | undefined, etag: string): boolean {
  return (header ?? '')
    .split(',')
    .some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*');
}
