import { describe, expect, it } from 'vitest';
import { StreamwareError } from '../../../main/contract/errors.ts';
import { readServeSettings, type ServeSettings, serveVariables } from '../../../main/engine/serveSettings.ts';

type Flags = Record<string, readonly string[]>;

const read = (flags: Flags, environment: Record<string, string> = {}): ServeSettings =>
  readServeSettings({ flags: (name) => flags[name] ?? [], environment });

function refusal(flags: Flags, environment: Record<string, string> = {}): StreamwareError {
  try {
    read(flags, environment);
  } catch (error) {
    if (error instanceof StreamwareError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

const nothing: ServeSettings = {
  port: undefined,
  host: undefined,
  ingestHost: undefined,
  ingestPort: undefined,
  media: undefined,
  allowedHosts: [],
  allowedOrigins: [],
  requestsPerMinute: undefined,
  metricsWithoutToken: false,
};

describe('settings of the engine', () => {
  it('are all left to the engine when nothing is said, also by empty variables', () => {
    expect(read({})).toEqual(nothing);
    const empty = Object.fromEntries(Object.values(serveVariables).map((variable) => [variable, ' ']));
    expect(read({}, empty)).toEqual(nothing);
  });

  it('come from the environment', () => {
    const settings = read(
      {},
      {
        STREAMWARE_PORT: '8080',
        STREAMWARE_HOST: '0.0.0.0',
        STREAMWARE_INGEST_HOST: '0.0.0.0',
        STREAMWARE_INGEST_PORT: ' 0 ',
        STREAMWARE_MEDIA_HOST: '::',
        STREAMWARE_MEDIA_PORT: '8081',
        STREAMWARE_ALLOWED_HOSTS: 'Studio.local, [fd00::1],studio.local, box_7',
        STREAMWARE_ALLOWED_ORIGINS: 'https://Dash.example/, http://localhost:5173, https://dash.example:443',
        STREAMWARE_RATE_LIMIT: '600',
        STREAMWARE_METRICS_WITHOUT_TOKEN: 'yes',
      },
    );
    expect(settings).toEqual({
      port: 8080,
      host: '0.0.0.0',
      ingestHost: '0.0.0.0',
      ingestPort: 0,
      media: { host: '::', port: 8081 },
      allowedHosts: ['studio.local', 'fd00::1', 'box_7'],
      allowedOrigins: ['https://dash.example', 'http://localhost:5173'],
      requestsPerMinute: 600,
      metricsWithoutToken: true,
    });
  });

  it('come from the flag before the environment, lists as a whole', () => {
    const environment = {
      STREAMWARE_PORT: 'nonsense',
      STREAMWARE_ALLOWED_HOSTS: 'a.local,b.local',
      STREAMWARE_METRICS_WITHOUT_TOKEN: '0',
    };
    const flags = { port: ['0'], 'allowed-host': ['c.local', 'd.local'], 'metrics-without-token': ['true'] };
    expect(read(flags, environment)).toEqual({
      ...nothing,
      port: 0,
      allowedHosts: ['c.local', 'd.local'],
      metricsWithoutToken: true,
    });
  });

  it.each([
    ['port', '', 'a whole number from 0 to 65535; it is empty'],
    ['port', '65536', 'a whole number from 0 to 65535; it is "65536"'],
    ['port', '-1', 'a whole number'],
    ['port', '7420x', 'a whole number'],
    ['port', '0x50', 'a whole number'],
    ['port', '1e3', 'a whole number'],
    ['port', 'NaN', 'a whole number'],
    ['ingest-port', '1935.5', 'a whole number'],
    ['media-port', 'x', 'a whole number'],
    ['host', 'http://0.0.0.0', 'an address of this computer, without a port'],
    ['host', '0.0.0.0:80', 'an address'],
    ['host', '300.1.1.1', 'an address'],
    ['media-host', 'a b', 'an address'],
    ['allowed-host', 'http://studio.local', 'without http:// and without a port'],
    ['allowed-host', 'studio.local:80', 'without a port'],
    ['allowed-host', 'studio.local,', 'it is empty'],
    ['allowed-host', '*.local', 'wildcard'],
    ['allowed-host', '-x.local', 'a host name'],
    ['allowed-origin', '*', 'wildcard'],
    ['allowed-origin', 'https://*.example', 'wildcard'],
    ['allowed-origin', 'null', 'every sandboxed page'],
    ['allowed-origin', 'dash.example', 'must be http:// or https://'],
    ['allowed-origin', 'https://dash.example/page', 'nothing after that'],
    ['allowed-origin', 'https://dash.example?x', 'nothing after that'],
    ['allowed-origin', 'https://me:pw@dash.example', 'must be http://'],
    ['allowed-origin', 'ws://dash.example', 'must be http://'],
    ['allowed-origin', 'file:///tmp/x', 'must be http://'],
    ['rate-limit', '0', 'a whole number from 1 to 600000'],
    ['rate-limit', '600001', 'a whole number from 1'],
    ['metrics-without-token', 'maybe', 'must be 1 or 0'],
  ] as const)(
    'refuses %s %j with its name, the reason and a cure, by flag and by variable',
    (flag, text, reason) => {
      const byFlag = refusal({ [flag]: [text] });
      expect(byFlag).toMatchObject({ code: 'request.invalid', field: `--${flag}` });
      expect(byFlag.message).toContain(`--${flag}`);
      expect(byFlag.message).toContain(reason);
      expect(byFlag.message).toMatch(/\. (Give|Name) /);
      if (text === '') return;
      const variable = serveVariables[flag];
      const byVariable = refusal({}, { [variable]: text });
      expect(byVariable.message.startsWith(`${variable} `)).toBe(true);
      expect(byVariable.message).toContain(reason);
    },
  );

  it('are refused without an endless echo, and in an endless number', () => {
    expect(refusal({ port: ['9'.repeat(5000)] }).message.length).toBeLessThan(200);
    const many = Array.from({ length: 51 }, (_, index) => `h${index}.local`);
    expect(refusal({}, { STREAMWARE_ALLOWED_HOSTS: many.join(',') }).message).toContain('more than 50');
  });
});
