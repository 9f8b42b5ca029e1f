import { describe, expect, it } from 'vitest';
import type { CliHosts, ServeOptions } from '../../../main/cli/ports.ts';
import { StreamwareError } from '../../../main/contract/errors.ts';
import { serveVariables } from '../../../main/engine/serveSettings.ts';
import { createCliHarness } from '../../helpers/cliHarness.ts';
import { createFakeClock } from '../../helpers/fakeClock.ts';
import { waitFor } from '../../helpers/waitFor.ts';

function engineHost(stop: () => Promise<void> = async () => undefined) {
  const served: ServeOptions[] = [];
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  const hosts: Partial<CliHosts> = {
    engine: async () => ({
      serve: async (options) => {
        served.push(options);
        return {
          url: 'http://127.0.0.1:7420',
          dataDir: options.dataDir,
          createStudioLink: () => ({ url: 'http://127.0.0.1:7420/?k=CODE' }),
          stop: () => stop().then(resolve),
          stopped,
        };
      },
    }),
  };
  return { hosts, served, end: resolve };
}

const LINE = '{"url":"http://127.0.0.1:7420","pid":4711,"dataDir":"/home/ola/.local/share/streamware"}\n';

describe('streamware serve', () => {
  it('prints one line of JSON when it is ready, and ends cleanly when asked', async () => {
    const { hosts } = engineHost();
    const cli = createCliHarness({ hosts });
    const running = cli.run('serve');
    await waitFor(() => cli.printed.stdout, { what: 'the line' });
    expect(cli.printed).toEqual({ stdout: LINE, stderr: '' });
    cli.interrupt();
    expect(await running).toEqual({ code: 0, stdout: LINE, stderr: '' });
  });

  it('shows a link that signs in on a terminal alone, and never on standard output', async () => {
    const { hosts, end } = engineHost();
    const cli = createCliHarness({ hosts, isTerminal: true });
    const running = cli.run('serve');
    await waitFor(() => cli.printed.stderr, { what: 'the link' });
    expect(cli.printed.stderr).toContain('http://127.0.0.1:7420/?k=CODE');
    expect(cli.printed.stdout).toBe(LINE);
    end();
    expect((await running).code).toBe(0);
  });

  it('passes on what was asked for', async () => {
    const { hosts, served, end } = engineHost();
    end();
    await createCliHarness({ hosts }).run(
      'serve',
      '--port',
      '0',
      '--ingest-host',
      '192.168.1.7',
      '--ingest-port',
      '1936',
      '--data',
      '/srv/sw',
      '--host',
      '127.0.0.1',
      '--media-host',
      '0.0.0.0',
    );
    expect(served[0]).toMatchObject({
      port: 0,
      ingestHost: '192.168.1.7',
      ingestPort: 1936,
      dataDir: '/srv/sw',
      host: '127.0.0.1',
      media: { host: '0.0.0.0', port: 7421 },
    });
    await createCliHarness({ hosts, environment: { STREAMWARE_HOME: '/elsewhere' } }).run('serve', '--quiet');
    expect(served[1]).toMatchObject({ dataDir: '/elsewhere', media: undefined, console: undefined });
  });

  it('passes on what the environment asks for, where no flag says otherwise', async () => {
    const { hosts, served, end } = engineHost();
    end();
    const environment = {
      STREAMWARE_PORT: '8080',
      STREAMWARE_ALLOWED_HOSTS: 'a.local,b.local',
      STREAMWARE_RATE_LIMIT: '600',
    };
    await createCliHarness({ hosts, environment }).run(
      'serve',
      '--port',
      '8081',
      '--allowed-origin',
      'https://dash.example',
      '--allowed-origin',
      'http://localhost:5173/',
      '--metrics-without-token',
    );
    expect(served[0]).toMatchObject({
      port: 8081,
      allowedHosts: ['a.local', 'b.local'],
      allowedOrigins: ['https://dash.example', 'http://localhost:5173'],
      requestsPerMinute: 600,
      metricsWithoutToken: true,
    });
  });

  it.each<[string[], Record<string, string>, string]>([
    [['--allowed-origin', '*'], {}, '--allowed-origin cannot hold a wildcard'],
    [['--rate-limit', 'fast'], {}, '--rate-limit must be a whole number from 1 to 600000; it is "fast".'],
    [
      [],
      { STREAMWARE_PORT: '74200' },
      'STREAMWARE_PORT must be a whole number from 0 to 65535; it is "74200".',
    ],
  ])('refuses %j %j before anything starts', async (args, environment, reason) => {
    const { code, stdout, stderr } = await createCliHarness({ environment }).run('serve', ...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`streamware serve: ${reason}`);
    expect(stderr).toMatch(/\. (Give|Name) /);
    const asJson = await createCliHarness({ environment }).run('serve', '--json', ...args);
    expect(asJson.code).toBe(2);
    expect(JSON.parse(asJson.stderr)).toMatchObject({ code: 'request.invalid' });
  });

  it('names every flag and variable in its help', async () => {
    const { stdout } = await createCliHarness().run('help', 'serve');
    for (const [flag, variable] of Object.entries(serveVariables))
      expect(stdout).toMatch(new RegExp(`${variable} \\(--${flag}\\)[^]*--${flag}\\b`));
  });

  it('says that another one runs, with a code of its own', async () => {
    const refusal = new StreamwareError('engine.already_running', {
      detail: 'An engine (process 12) runs on /srv/sw.',
    });
    const cli = createCliHarness({
      hosts: { engine: async () => ({ serve: async () => Promise.reject(refusal) }) },
    });
    const { code, stdout, stderr } = await cli.run('serve');
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain('An engine (process 12) runs on /srv/sw.');
    expect(stderr).toContain('--data');
  });

  it('does not hang when stopping does', async () => {
    const clock = createFakeClock();
    const { hosts, end } = engineHost(() => new Promise(() => undefined));
    const cli = createCliHarness({ hosts, clock });
    const running = cli.run('serve');
    await waitFor(() => cli.printed.stdout, { what: 'the line' });
    cli.interrupt();
    await clock.advance(10_000);
    expect(cli.forcedExits).toEqual([1]);
    cli.interrupt();
    expect(cli.forcedExits).toEqual([1, 130]);
    end();
    await running;
  });
});
