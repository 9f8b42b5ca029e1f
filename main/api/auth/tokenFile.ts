/**
 * The first token: in the file `api-token` of the data folder, readable by its owner alone. Programs of the same user
 * (the desktop app, the command line) find it there. Whoever can read the data folder owns the engine anyway.
 */
import { chmod, readFile, stat } from 'node:fs/promises';
import { writeFileAtomic } from '../../lib/atomicFile.ts';
import type { Logger } from '../../lib/logger.ts';
import { tokenIdOf } from './tokenFormat.ts';
import type { TokenService } from './tokenService.ts';

const OWNER_ONLY = 0o600;

/**
 * Makes sure that the file exists and its token is valid, now and after it is revoked: a revoked one is replaced at once.
 * A token in the file that the store does not know (the database was replaced) is taken: only the owner could have put it there.
 * @param path `dataPaths(…).tokenFile`
 * @returns the function that ends watching for its revocation
 */
export async function keepTokenFile(path: string, tokens: TokenService, logger: Logger): Promise<() => void> {
  const found = await readTokenFile(path, logger);
  const current = found ?? (await replace(path, tokens));
  if (found !== null && tokens.verify(found) === null) await tokens.createLocal(found);
  let currentId = tokenIdOf(current);
  return tokens.onRevoked((tokenId) => {
    if (tokenId !== currentId) return;
    replace(path, tokens).then(
      (text) => {
        currentId = tokenIdOf(text);
        logger.info('the local token was replaced', { path });
      },
      (error: unknown) =>
        logger.error('the local token could not be replaced', { path, error: String(error) }),
    );
  });
}

/** The token in the file; null when there is none or the file holds something else. Wider permissions are narrowed. */
async function readTokenFile(path: string, logger: Logger): Promise<string | null> {
  try {
    const text = (await readFile(path, 'utf8')).trim();
    const { mode } = await stat(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      await chmod(path, OWNER_ONLY);
      logger.warn('the token file was readable by others; that was ended', { path });
    }
    return tokenIdOf(text) === null ? null : text;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function replace(path: string, tokens: TokenService): Promise<string> {
  for (const token of tokens.list()) {
    // Its text is lost: nobody could use it any more.
    if (token.kind === 'local') await tokens.revoke(token.id);
  }
  const text = await tokens.createLocal();
  writeFileAtomic(path, `${text}\n`, { mode: OWNER_ONLY });
  return text;
}
