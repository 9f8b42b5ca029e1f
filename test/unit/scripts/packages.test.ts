import { describe, expect, it } from 'vitest';
import { whyInstall } from '../../../scripts/setup/packages.mjs';

const lock = {
  packages: {
    '': { version: '1.0.0' },
    'node_modules/zod': { version: '4.6.7', integrity: 'sha512-a' },
    'node_modules/@biomejs/cli-win32-x64': { version: '2.6.8', integrity: 'sha512-b', optional: true },
  },
};
const installedZod = (change: object) => ({
  packages: { 'node_modules/zod': { version: '4.6.7', integrity: 'sha512-a', ...change } },
});

describe('whyInstall', () => {
  it.each([
    ['nothing is installed', null, 'not installed yet'],
    ['all is there; packages for other systems may be absent', installedZod({}), null],
    ['a package is missing', { packages: {} }, 'zod is missing'],
    ['the version differs', installedZod({ version: '4.0.0' }), 'zod is 4.0.0, 4.6.7 is locked'],
    ['the content differs', installedZod({ integrity: 'sha512-x' }), 'zod is not the locked copy'],
    [
      'an optional package is there in another version',
      {
        packages: {
          ...installedZod({}).packages,
          'node_modules/@biomejs/cli-win32-x64': { version: '2.0.0', integrity: 'sha512-b' },
        },
      },
      '@biomejs/cli-win32-x64 is 2.0.0, 2.6.8 is locked',
    ],
    [
      'something was added by hand',
      { packages: { ...installedZod({}).packages, 'node_modules/extra': { version: '1.0.0' } } },
      null,
    ],
  ])('%s', (_name, installed, expected) => {
    expect(whyInstall(lock, installed)).toBe(expected);
  });

  it('names the package of a nested copy', () => {
    const nested = { packages: { 'node_modules/a/node_modules/@b/c': { version: '1.0.0' } } };
    expect(whyInstall(nested, { packages: {} })).toBe('@b/c is missing');
  });
});
