import { describe, expect, it } from 'vitest';
import { Authenticator } from '../../../main/api/auth/authenticator.ts';
import { SessionCookie } from '../../../main/api/auth/sessionCookie.ts';
import { StudioLinks } from '../../../main/api/auth/studioLinks.ts';
import { TokenService } from '../../../main/api/auth/tokenService.ts';
import { createHandlers } from '../../../main/api/handlers/index.ts';
import { endpoints } from '../../../main/contract/api/index.ts';
import { memoryTokenStore } from '../../helpers/apiServer.ts';
import { createFakeApiPorts } from '../../helpers/fakeApiPorts.ts';
import { createFakeClock } from '../../helpers/fakeClock.ts';

describe('handlers', () => {
  it('are one for every row, and every one has its row', () => {
    const clock = createFakeClock();
    const { ports } = createFakeApiPorts();
    const tokens = new TokenService(memoryTokenStore(), clock);
    const cookie = new SessionCookie('test');
    const { audit } = ports;
    const authenticator = new Authenticator({ tokens, audit, clock, cookie });
    const handlers = createHandlers({
      ports,
      tokens,
      authenticator,
      links: new StudioLinks(clock),
      cookie,
      audit,
      clock,
      mediaUrl: () => null,
    });
    expect(Object.keys(handlers).sort()).toEqual(Object.keys(endpoints).sort());
  });
});
