import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CliHosts, RunSummary, StartedRun } from '../../../main/cli/ports.ts';
import { healthExample, outputExample } from '../../../main/contract/api/examples.ts';
import { StreamwareError } from '../../../main/contract/errors.ts';
import type { StreamConfig, StreamHealth } from '../../../main/contract/streams.ts';
import { createCliHarness } from '../../helpers/cliHarness.ts';
import { createTempFolder, type TempFolder } from '../../helpers/tempFolder.ts';
import { waitFor } from '../../helpers/waitFor.ts';

const good = {
  name: 'Show',
  input: { type: 'test' },
  outputs: [{ type: 'rtmp', url: 'rtmp://host/live', key: 'SECRETx7' }],
};
const summary: RunSummary = {
  streamId: 'str_1',
  name: 'Show',
  startedAt: 1000,
  durationSeconds: 20,
  delivered: true,
  notices: ['Silence was added.'],
  outputs: [
    {
      id: 'out_1',
      kind: 'rtmp',
      state: 'live',
      framesSent: 600,
      bytesSent: 7_000_000,
      droppedFrames: 0,
      reconnects: 0,
      firstFrameAfterMs: 640,
      error: null,
    },
  ],
};

let folder: TempFolder;
let path: string;
beforeEach(() => {
  folder = createTempFolder('cli-run');
  path = folder.file('pipeline.json');
  writeFileSync(path, JSON.stringify(good));
});
afterEach(() => folder.remove());

interface Started {
  config: StreamConfig;
  durationSeconds: number | undefined;
  report(health: StreamHealth): void;
  finish(result: RunSummary): void;
  isStopped: boolean;
}

/** A run that ends when the test says so, or when it is stopped. */
function runHost(result: RunSummary = summary): { hosts: Partial<CliHosts>; started: Started[] } {
  const started: Started[] = [];
  const start = async (
    config: StreamConfig,
    { durationSeconds }: { durationSeconds: number | undefined },
  ): Promise<StartedRun> => {
    const { promise, resolve } = Promise.withResolvers<RunSummary>();
    let listener: (health: StreamHealth) => void = () => undefined;
    const one: Started = {
      config,
      durationSeconds,
      isStopped: false,
      finish: resolve,
      report: (health) => listener(health),
    };
    started.push(one);
    return {
      onHealth: (on) => {
        listener = on;
        return () => undefined;
      },
      finished: () => promise,
      stop: async () => {
        one.isStopped = true;
        return result;
      },
    };
  };
  return { hosts: { run: async () => ({ start }) }, started };
}

const untilStarted = (started: readonly Started[]): Promise<Started> =>
  waitFor(() => started[0], { what: 'the run to start' });

describe('streamware run', () => {
  it('runs to the end and says how it went, with exactly the promised fields', async () => {
    const { hosts, started } = runHost();
    const cli = createCliHarness({ hosts });
    const running = cli.run('run', path, '--duration', '20', '--summary', folder.file('out.json'), '--json');
    const run = await untilStarted(started);
    expect([run.config.name, run.durationSeconds, run.config.output[0]?.type]).toEqual(['Show', 20, 'rtmp']);
    run.report({ ...healthExample, outputs: [outputExample] });
    run.finish({ ...summary, outputs: summary.outputs.map((output) => ({ ...output, files: ['a'] })) });
    const { code, stdout, stderr } = await running;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(summary);
    expect(JSON.parse(readFileSync(folder.file('out.json'), 'utf8'))).toEqual(summary);
    expect(stderr).toContain('Show  LIVE');
  });

  it('ends with 1 when an output did not deliver, and says which', async () => {
    const failed = {
      ...summary,
      delivered: false,
      outputs: summary.outputs.map((output) => ({
        ...output,
        state: 'retrying' as const,
        error: 'The server refuses connections',
      })),
    };
    const { hosts, started } = runHost();
    const running = createCliHarness({ hosts }).run('run', path, '--quiet');
    (await untilStarted(started)).finish(failed);
    const { code, stdout, stderr } = await running;
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toMatch(/out_1 .*retrying.*The server refuses connections/);
    expect(stdout).toContain('Not every output delivered.');
  });

  it('is stopped cleanly by Ctrl-C, and at once by a second one', async () => {
    const { hosts, started } = runHost();
    const cli = createCliHarness({ hosts });
    const running = cli.run('run', path);
    const run = await untilStarted(started);
    cli.interrupt();
    expect([(await running).code, run.isStopped, cli.forcedExits]).toEqual([0, true, []]);
    const again = cli.run('run', path);
    await waitFor(() => started[1], { what: 'the second run to start' });
    cli.interrupt();
    cli.interrupt();
    await again;
    expect(cli.forcedExits).toEqual([130]);
  });

  it('reads standard input', async () => {
    const { hosts, started } = runHost();
    const running = createCliHarness({ hosts, readStdin: async () => `\ufeff${JSON.stringify(good)}` }).run(
      'run',
      '-',
    );
    (await untilStarted(started)).finish(summary);
    expect((await running).code).toBe(0);
  });

  it.each([
    ['is not UTF-8', Buffer.from('{"name":"M\u00fcller"}', 'latin1'), /pipeline\.json is not UTF-8 text/],
    ['is not JSON', '{"input": SECRETx7', /pipeline\.json is not JSON/],
    ['ends too early', '{"input": ', /it ends too early/],
    ['has a comma too many', '{"name": "x",\n "input": {},}', /look at line 2, column 14/],
    ['is empty', '', /is not JSON/],
    [
      'has wrong fields',
      JSON.stringify({ input: { type: 'webcam' }, outputs: [{ type: 'rtmp', url: 5 }] }),
      /pipeline\.json: input\.type must be one of .*\n.*pipeline\.json: output\.0\.url must be a string/,
    ],
  ])('ends with 2 when the file %s', async (_name, content, text) => {
    writeFileSync(path, content);
    const { code, stdout, stderr } = await createCliHarness().run('run', path);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(text);
    expect(stderr).not.toContain('SECRET');
  });

  it.each([
    ['missing.json', 'there is no such file'],
    ['.', 'it is a folder'],
  ])('ends with 2 when %s cannot be read', async (name, text) => {
    const { code, stderr } = await createCliHarness({ workingDir: folder.path }).run('run', name);
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
  });

  it.each([
    ['input.not_found', 2],
    ['output.duplicate', 2],
    ['ffmpeg.missing', 1],
    ['engine.data_dir_unusable', 1],
    ['input.timeout', 1],
  ] as const)('a refusal with %s ends with %i', async (code, exitCode) => {
    const refusing = {
      run: async () => ({
        start: async () => Promise.reject(new StreamwareError(code, { field: 'input.path' })),
      }),
    };
    const result = await createCliHarness({ hosts: refusing }).run('run', path, '--json');
    expect([result.code, result.stdout]).toEqual([exitCode, '']);
    expect(JSON.parse(result.stderr)).toMatchObject({ code, field: 'input.path' });
  });
});
