import { describe, expect, it } from 'vitest';
import { commands } from '../../../main/cli/commands/index.ts';
import { createCliHarness } from '../../helpers/cliHarness.ts';

describe('streamware', () => {
  it.each([[], ['help'], ['--help'], ['-h']])('%s shows every command', async (...args: string[]) => {
    const { code, stdout } = await createCliHarness().run(...args);
    expect(code).toBe(0);
    for (const { name } of commands) expect(stdout).toContain(`  ${name} `);
  });

  it.each(commands.map(({ name }) => name))('help %s shows its options, as %s --help does', async (name) => {
    const cli = createCliHarness();
    const shown = await cli.run('help', name);
    expect(shown).toEqual(await cli.run(name, '--help'));
    expect(shown.code).toBe(0);
    const command = commands.find((one) => one.name === name);
    for (const option of [...Object.keys(command?.options ?? {}), 'json', 'data', 'help'])
      expect(shown.stdout).toContain(`--${option}`);
  });

  it('tells its version', async () => {
    expect(await createCliHarness().run('--version')).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' });
  });

  it('does not guess', async () => {
    const { code, stdout, stderr } = await createCliHarness().run('stat');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Did you mean stop or status or streams?');
    expect((await createCliHarness().run('help', 'nothing')).code).toBe(2);
    expect((await createCliHarness().run('constructor')).code).toBe(2);
  });

  it.each([
    [['run'], 'FILE is missing'],
    [['run', 'a', 'b'], '"b" is one argument too many'],
    [['run', 'a', '--duration', 'x'], '--duration must be a number from 0.1 to 31536000'],
    [['run', 'a', '--duration', ''], '--duration is empty'],
    [['run', 'a', '--duration=-1'], '--duration must be a number'],
    [['serve', '--port', '70000'], '--port must be a whole number from 0 to 65535'],
    [['serve', '--port', '1.5'], '--port must be a whole number'],
    [['serve', '--prot', '1'], "Unknown option '--prot'"],
    [['serve', 'now'], '"now" is one argument too many'],
    [['serve', '--port'], 'argument missing'],
    [['serve', '--port', '-1'], "Option '--port' argument is ambiguous\n  See"],
    // Of "$HOST" and "$DIR" in a script where they are not set: neither every network nor the usual folder is meant.
    [['serve', '--host', ''], 'it is empty'],
    [['serve', '--media-host='], 'it is empty'],
    [['stop', '--data', ''], '--data is empty'],
    [['token'], 'create, list or revoke is missing'],
    [['token', 'make'], 'there is no "token make"'],
    [['token', 'create'], '--scope must be read, control, admin'],
    [['token', 'create', '--scope', 'root'], '--scope must be'],
    [['token', 'revoke'], 'the id of the token is missing'],
    [['streams', 'dance'], 'there is no "streams dance"'],
    [['streams', 'toString'], 'there is no "streams toString"'],
    [['streams', 'stop'], 'ID is missing'],
    [['streams', 'retry', 'a'], 'OUTPUT is missing'],
    [['probe', 'gopher://x'], 'gopher:// is not an input'],
  ])('%j is refused in words, before anything is done', async (args, text) => {
    const { code, stdout, stderr } = await createCliHarness().run(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(text);
  });
});
