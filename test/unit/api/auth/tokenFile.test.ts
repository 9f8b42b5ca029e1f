import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepTokenFile } from '../../../../main/api/auth/tokenFile.ts';
import { newToken } from '../../../../main/api/auth/tokenFormat.ts';
import { TokenService } from '../../../../main/api/auth/tokenService.ts';
import { nullLogger } from '../../../../main/lib/logger.ts';
import { memoryTokenStore } from '../../../helpers/apiServer.ts';
import { createFakeClock } from '../../../helpers/fakeClock.ts';
import { createTempFolder, type TempFolder } from '../../../helpers/tempFolder.ts';
import { waitFor } from '../../../helpers/waitFor.ts';

let folder: TempFolder;
let path: string;
beforeEach(() => {
  folder = createTempFolder('token-file');
  path = folder.file('api-token');
});
afterEach(() => folder.remove());

const text = (): string => readFileSync(path, 'utf8').trim();
const mode = (): number => statSync(path).mode & 0o777;

async function start(store = memoryTokenStore()) {
  const tokens = new TokenService(store, createFakeClock());
  await tokens.load();
  const stop = await keepTokenFile(path, tokens, nullLogger);
  return { tokens, store, stop };
}

describe('keepTokenFile', () => {
  it('makes an admin token that only the owner can read', async () => {
    const { tokens } = await start();
    expect(tokens.verify(text())).toMatchObject({ scope: 'admin', kind: 'local' });
    expect(mode()).toBe(0o600);
  });

  it('keeps it over a restart', async () => {
    const { store } = await start();
    const before = text();
    const { tokens } = await start(store);
    expect(text()).toBe(before);
    expect(tokens.list()).toHaveLength(1);
  });

  it('takes the token of the file when the database was replaced', async () => {
    await start();
    const before = text();
    const { tokens } = await start(memoryTokenStore());
    expect(text()).toBe(before);
    expect(tokens.verify(before)).toMatchObject({ scope: 'admin' });
  });

  it('replaces a file that is lost or holds something else, and ends the lost token', async () => {
    const { store } = await start();
    const lost = text();
    rmSync(path);
    const second = await start(store);
    expect(second.tokens.verify(lost)).toBeNull();
    expect(second.tokens.verify(text())).not.toBeNull();
    writeFileSync(path, 'rubbish');
    const third = await start(store);
    expect(third.tokens.verify(text())).not.toBeNull();
    expect(third.tokens.list()).toHaveLength(1);
  });

  it('writes a new one when the token is revoked, so that this computer is never locked out', async () => {
    const { tokens, stop } = await start();
    for (let round = 0; round < 2; round++) {
      const before = text();
      const [local] = tokens.list();
      await tokens.revoke(local?.id ?? '');
      await waitFor(() => text() !== before && tokens.verify(text()), { what: 'a new token in the file' });
      expect(tokens.verify(before)).toBeNull();
      expect(mode()).toBe(0o600);
    }
    stop();
  });

  it('does not touch the file when another token is revoked', async () => {
    const { tokens } = await start();
    const before = text();
    const other = await tokens.create({ name: 'Deck', scope: 'read' });
    await tokens.revoke(other.id);
    expect(text()).toBe(before);
    expect(tokens.list()).toHaveLength(1);
  });

  it('narrows rights that were opened', async () => {
    writeFileSync(path, newToken().text);
    chmodSync(path, 0o644);
    await start();
    expect(mode()).toBe(0o600);
  });
});
