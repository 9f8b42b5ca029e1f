import { describe, expect, it } from 'vitest';
import { dataPaths, engineMark, resolveDataDir } from '../../../main/lib/paths.ts';

const linux = { platform: 'linux', homeDir: '/home/ola', workingDir: '/cwd', env: {} } as const;
const mac = { ...linux, platform: 'darwin', homeDir: '/Users/ola' } as const;
const windows = { platform: 'win32', homeDir: 'C:\\Users\\ola', workingDir: 'D:\\x', env: {} } as const;

describe('the data folder', () => {
  it.each([
    ['Linux', linux, '/home/ola/.local/share/streamware'],
    ['Linux with XDG_DATA_HOME', { ...linux, env: { XDG_DATA_HOME: '/data' } }, '/data/streamware'],
    [
      'Linux with a relative XDG_DATA_HOME, which is invalid',
      { ...linux, env: { XDG_DATA_HOME: 'data' } },
      '/home/ola/.local/share/streamware',
    ],
    ['macOS', mac, '/Users/ola/Library/Application Support/streamware'],
    ['Windows', windows, 'C:\\Users\\ola\\AppData\\Local\\streamware'],
    [
      'Windows with LOCALAPPDATA',
      { ...windows, env: { LOCALAPPDATA: 'E:\\Local' } },
      'E:\\Local\\streamware',
    ],
    ['STREAMWARE_HOME', { ...linux, env: { STREAMWARE_HOME: '/srv/sw' } }, '/srv/sw'],
    [
      '--data before STREAMWARE_HOME',
      { ...linux, flag: '/flag', env: { STREAMWARE_HOME: '/srv/sw' } },
      '/flag',
    ],
    ['a relative --data', { ...linux, flag: 'here' }, '/cwd/here'],
    [
      'a home folder that no shell has replaced',
      { ...linux, env: { STREAMWARE_HOME: '~/sw' } },
      '/home/ola/sw',
    ],
    ['a name that only begins with a tilde', { ...linux, flag: '~sw' }, '/cwd/~sw'],
    [
      'an empty STREAMWARE_HOME',
      { ...linux, env: { STREAMWARE_HOME: '' } },
      '/home/ola/.local/share/streamware',
    ],
    ['a drive of Windows', { ...windows, flag: 'E:\\sw' }, 'E:\\sw'],
  ])('%s', (_name, sources, expected) => {
    expect(resolveDataDir(sources)).toBe(expected);
  });

  it('holds everything inside itself, each under a name of its own', () => {
    const { root, ...inside } = dataPaths('/data/sw', 'linux');
    const names = Object.values(inside);
    expect(names.every((name) => name.startsWith(`${root}/`))).toBe(true);
    expect(new Set(names).size).toBe(names.length);
  });
});

it('marks the engines of two folders differently, and one always the same', () => {
  expect(engineMark('/a')).toBe(engineMark('/a'));
  expect(engineMark('/a')).not.toBe(engineMark('/b'));
  expect(engineMark('/a')).not.toContain('/');
});
