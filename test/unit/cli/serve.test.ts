import { describe, expect, it } from 'vitest';
import type { CliHosts, ServeOptions } from '../../../main/cli/ports.ts';
import { StreamwareError } from '../../../main/contract/errors.ts';
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
      ingestPort: 1936,
      dataDir: '/srv/sw',
      host: '127.0.0.1',
      media: { host: '0.0.0.0', port: 7421 },
    });
    await createCliHarness({ hosts, environment: { STREAMWARE_HOME: '/elsewhere' } }).run('serve', '--quiet');
    expect(served[1]).toMatchObject({ dataDir: '/elsewhere', media: undefined, console: undefined });
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
