/** For tests of the studio page: the page built once, one browser, and for each test a simulated engine of its own behind the real API. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type ApiServer, startApiServer } from './apiServer.ts';
import { createSimulatedEngine, type SimulatedEngine } from './simulatedEngine.ts';
import { buildStudioPage, launchBrowser, openStudio, type StudioPage } from './studioPage.ts';
import type { TempFolder } from './tempFolder.ts';

export interface StudioBench {
  readonly engine: SimulatedEngine;
  readonly server: ApiServer;
  /** Folder of the built page. */
  readonly studioDirectory: string;
  readonly browser: Browser;
  /** A signed-in page. What it complains about fails the test, unless it was expected. */
  open(options?: BrowserContextOptions): Promise<Page>;
  /** The test makes the page complain, and says in which words. */
  expectComplaint(words: RegExp): void;
}

/** Registers the hooks; the fields are there from the first hook on. */
export function studioBench(): StudioBench {
  const bench = {} as { -readonly [Key in keyof StudioBench]: StudioBench[Key] };
  let studio: TempFolder;
  let pages: StudioPage[] = [];
  let expected: RegExp[] = [];

  beforeAll(async () => {
    [studio, bench.browser] = await Promise.all([buildStudioPage('development'), launchBrowser()]);
    bench.studioDirectory = studio.path;
  });
  beforeEach(async () => {
    expected = [];
    bench.engine = createSimulatedEngine();
    bench.server = await startApiServer({ fake: bench.engine, studioDirectory: studio.path });
  });
  afterEach(async () => {
    const complaints = pages.flatMap((page) => page.complaints);
    await Promise.all(pages.map((page) => page.close()));
    pages = [];
    await bench.server.close();
    expect(complaints.filter((text) => !expected.some((words) => words.test(text)))).toEqual([]);
  });
  afterAll(async () => {
    await bench.browser.close();
    studio.remove();
  });

  bench.open = async (options) => {
    const opened = await openStudio(bench.browser, bench.server.api.createStudioLink().url, options);
    pages.push(opened);
    return opened.page;
  };
  bench.expectComplaint = (words) => void expected.push(words);
  return bench;
}
