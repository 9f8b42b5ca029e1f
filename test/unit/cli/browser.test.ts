import { describe, expect, it } from 'vitest';
import { browserCommand } from '../../../main/cli/browser.ts';

describe('browserCommand', () => {
  const file = '/data/$& open.html';

  it.each<[NodeJS.Platform, string | undefined, string[]]>([
    ['linux', undefined, ['xdg-open', file]],
    ['linux', '', ['xdg-open', file]],
    ['darwin', undefined, ['open', file]],
    ['win32', undefined, ['rundll32', 'url.dll,FileProtocolHandler', file]],
    ['win32', 'C:\\browser.exe', ['rundll32', 'url.dll,FileProtocolHandler', file]],
    ['linux', 'firefox:chromium', ['firefox', file]],
    ['linux', 'chromium --app=%s --incognito', ['chromium', `--app=${file}`, '--incognito']],
    ['linux', ': epiphany --private', ['epiphany', '--private', file]],
  ])('on %s with BROWSER=%s', (platform, browser, command) => {
    expect(browserCommand(file, platform, browser)).toEqual(command);
  });
});
