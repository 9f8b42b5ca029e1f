/** The key under which secrets are kept: from the environment (the desktop app takes it from the keychain) or a key file. */
import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { StreamwareError } from '../contract/errors.ts';
import { createFileAtomic } from '../lib/atomicFile.ts';
import type { Logger } from '../lib/logger.ts';
import { MASTER_KEY_BYTES } from '../lib/sealedBox.ts';
import { unusable as unusablePath } from './dataDir.ts';

const MASTER_KEY_VARIABLE = 'STREAMWARE_MASTER_KEY';
const OWNER_ONLY = 0o600;

export interface MasterKey {
  readonly key: Buffer;
  readonly source: 'environment' | 'file';
  /** Made just now: what was sealed before, under a key that is lost, cannot be opened any more. */
  readonly isNew: boolean;
}

export interface MasterKeyOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** The key file; made when missing. */
  path: string;
  logger: Logger;
}

/**
 * The master key of the data folder.
 * @throws `secret.key_unusable`: not 32 bytes in base64, not readable, or readable by others and not ours to change
 */
export function loadMasterKey(options: MasterKeyOptions): MasterKey {
  const named = options.env[MASTER_KEY_VARIABLE];
  if (named !== undefined && named.trim() !== '') {
    return { key: parseKey(named, MASTER_KEY_VARIABLE), source: 'environment', isNew: false };
  }
  const isNew = createKeyFile(options.path);
  return { key: readKeyFile(options.path, options.logger), source: 'file', isNew };
}

/** Of several engines that start at once all end up with the same key: the file comes into being once, and whole. */
function createKeyFile(path: string): boolean {
  try {
    if (statSync(path, { throwIfNoEntry: false })) return false;
    return createFileAtomic(path, `${randomBytes(MASTER_KEY_BYTES).toString('base64')}\n`, {
      mode: OWNER_ONLY,
    });
  } catch (error) {
    throw unusablePath(path, error);
  }
}

function readKeyFile(path: string, logger: Logger): Buffer {
  try {
    keepFromOthers(path, logger);
    return parseKey(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof StreamwareError) throw error;
    throw unusable(`${path} cannot be read (${codeOf(error)}).`, error);
  }
}

/** Windows keeps the folder of a user from others by itself and has no such rights. */
function keepFromOthers(path: string, logger: Logger): void {
  const { mode } = statSync(path);
  if (process.platform === 'win32' || (mode & 0o077) === 0) return;
  try {
    chmodSync(path, OWNER_ONLY);
  } catch (error) {
    throw unusable(`${path} can be read by others, and that cannot be changed (${codeOf(error)}).`, error);
  }
  logger.warn('the master key was readable by others; that was ended', { path });
}

/** The text is never repeated in the error. */
function parseKey(text: string, place: string): Buffer {
  const trimmed = text.trim();
  const key = Buffer.from(trimmed, 'base64');
  const isBase64 = /^[A-Za-z0-9+/_-]+={0,2}$/.test(trimmed);
  if (isBase64 && key.length === MASTER_KEY_BYTES) return key;
  throw unusable(`${place} does not hold ${MASTER_KEY_BYTES} bytes in base64.`);
}

function unusable(detail: string, cause?: unknown): StreamwareError {
  return new StreamwareError('secret.key_unusable', { detail, cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
