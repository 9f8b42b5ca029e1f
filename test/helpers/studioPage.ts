/** The studio page in a real browser. It is built once per test file. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { createTempFolder, type TempFolder } from './tempFolder.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Builds the page into a temporary folder, to be served as the studio. A process of its own, since the environment
 * decides what is built and the one of a test says "test".
 * @param mode `development`: React says aloud what it finds wrong; `production`: what is delivered
 */
export async function buildStudioPage(mode: 'development' | 'production'): Promise<TempFolder> {
  const folder = createTempFolder('studio');
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const args = [vite, 'build', '--outDir', folder.path, '--emptyOutDir', '--logLevel', 'error'];
  await run(process.execPath, args, { cwd: root, env: { ...process.env, NODE_ENV: mode } });
  return folder;
}

export function launchBrowser(): Promise<Browser> {
  // The sandbox of Chromium does not start for root, as tests in containers are.
  return chromium.launch({ executablePath: findBrowser(), args: ['--no-sandbox'] });
}

export interface StudioPage {
  readonly page: Page;
  /** What the page complained about: uncaught errors, errors on its console, and everything its security policy kept out. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** A page of its own, with no cookies and no memory, opened at a link that signs it in. */
export async function openStudio(
  browser: Browser,
  link: string,
  options: BrowserContextOptions = {},
): Promise<StudioPage> {
  const context = await browser.newContext({
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(link);
  return { page, complaints, close: () => context.close() };
}

/** The value of an expression in the page. As text, since the page's world is not the one this code is checked for. */
export function inPage<Value>(page: Page, expression: string): Promise<Value> {
  return page.evaluate<Value>(expression);
}

export async function hasFocus(locator: Locator): Promise<boolean> {
  return (await locator.and(locator.page().locator(':focus')).count()) === 1;
}

function findBrowser(): string {
  const onMac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  if (existsSync(onMac)) return onMac;
  const finder = process.platform === 'win32' ? 'where' : 'which';
  for (const name of names) {
    try {
      const [path = ''] = execFileSync(finder, [name], { encoding: 'utf8', stdio: 'pipe' }).split(/\r?\n/);
      if (path !== '') return path;
    } catch {
      // Not under this name.
    }
  }
  throw new Error(`no browser was found: install one of ${names.join(', ')}`);
}
