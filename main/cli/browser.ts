/** Opens the studio in the user's browser. */
import { spawn } from 'node:child_process';
import { writeStudioFile } from '../lib/studioFile.ts';

type CommandLine = readonly [string, ...string[]];

const openers: Partial<Record<NodeJS.Platform, CommandLine>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/**
 * Opens a one-time link through a file of the data folder: the link itself would stand in the list of processes.
 * Does not fail when there is no browser, or no room for the file: the link is printed as well.
 */
export function openBrowser(link: string, dataDir: string): Promise<void> {
  let file: string;
  try {
    file = writeStudioFile(dataDir, link);
  } catch {
    return Promise.resolve();
  }
  const [program, ...args] = browserCommand(file, process.platform, process.env.BROWSER);
  return new Promise((resolve) => {
    const child = spawn(program, args, { detached: true, stdio: 'ignore' });
    child.on('error', () => resolve());
    child.on('spawn', () => {
      child.unref();
      resolve();
    });
  });
}

/**
 * The command that shows a file.
 * @param browser value of BROWSER: commands parted by colons, the first of which is taken; %s stands for the file where that is not the last word
 */
export function browserCommand(
  file: string,
  platform: NodeJS.Platform,
  browser: string | undefined,
): CommandLine {
  const named = browser?.split(':').find((one) => one.trim() !== '');
  const [program, ...args] = (named ?? '').trim().split(/\s+/);
  if (program && platform !== 'win32') {
    const filled = args.map((word) => word.replaceAll('%s', () => file));
    return args.some((word) => word.includes('%s')) ? [program, ...filled] : [program, ...args, file];
  }
  return [...(openers[platform] ?? (['xdg-open'] as const)), file];
}
