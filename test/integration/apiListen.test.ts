import { describe, expect, it } from 'vitest';
import { startApiServer } from '../helpers/apiServer.ts';

describe('an address to listen on', () => {
  it.each(['', ' '])('that is empty (%j) does not mean every network', async (host) => {
    await expect(startApiServer({ host })).rejects.toMatchObject({
      code: 'engine.address_unusable',
      hint: expect.stringContaining('127.0.0.1'),
    });
    await expect(startApiServer({ media: { host, port: 0 } })).rejects.toMatchObject({
      code: 'engine.address_unusable',
    });
  });

  // Set aside for documentation (RFC 5737): no computer has it.
  it('that is none of this computer is said in words', async () => {
    await expect(startApiServer({ host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'engine.address_unusable',
      detail: expect.stringContaining('192.0.2.1 is no address of this computer'),
    });
  });
});
