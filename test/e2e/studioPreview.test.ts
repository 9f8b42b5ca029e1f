import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, startEngine } from '../../main/engine.ts';
import {
  buildStudioPage,
  inPage,
  launchBrowser,
  openStudio,
  type StudioPage,
} from '../helpers/studioPage.ts';
import { createTempFolder, type TempFolder } from '../helpers/tempFolder.ts';
import { waitFor } from '../helpers/waitFor.ts';

const data = createTempFolder('engine');
let engine: Engine;
let studio: TempFolder;
let browser: Browser;
let opened: StudioPage;

beforeAll(async () => {
  studio = await buildStudioPage('production');
  browser = await launchBrowser();
  engine = await startEngine({ dataDir: data.path, port: 0, ingestPort: 0, studioDirectory: studio.path });
  opened = await openStudio(browser, engine.createStudioLink() ?? '');
});
afterAll(async () => {
  await browser?.close();
  await engine?.stop();
  studio?.remove();
  data.remove();
});

interface Playing {
  readonly seconds: number;
  readonly frames: number;
  readonly width: number;
}

function playing(page: Page): Promise<Playing> {
  return inPage(
    page,
    `(() => {
      const video = document.querySelector('video');
      const { totalVideoFrames } = video.getVideoPlaybackQuality();
      return { seconds: video.currentTime, frames: totalVideoFrames, width: video.videoWidth };
    })()`,
  );
}

describe('the studio on a real engine', () => {
  it('goes live with a test picture, plays it, changes it, clips it and ends it', async () => {
    const { page } = opened;
    await page.getByRole('link', { name: 'Set up a stream' }).click();
    await page.getByLabel('Name').fill('Real picture');
    await page.getByRole('combobox', { name: 'Picture size' }).click();
    await page.getByRole('option', { name: '854 × 480' }).click();
    await page.getByRole('textbox', { name: 'Video bitrate' }).fill('800');
    await page.getByRole('button', { name: 'Start, only visible here' }).click();
    await page.getByRole('heading', { name: 'Real picture' }).waitFor();

    const first = await waitFor(async () => (await playing(page)).frames > 0 && playing(page), {
      what: 'the first frame of the preview',
      timeoutMs: 30_000,
    });
    const later = await waitFor(
      async () => {
        const now = await playing(page);
        return now.seconds > first.seconds + 1 && now.frames > first.frames + 15 && now;
      },
      { what: 'the preview to go on', timeoutMs: 20_000 },
    );
    expect(later.width).toBe(854);
    await page.getByText('The source is fine.').waitFor();
    await page.getByText('only here').waitFor();

    await page.getByRole('textbox', { name: 'Video bitrate, live' }).fill('400');
    await page.getByRole('button', { name: 'Apply' }).click();
    const timeline = page.getByRole('region', { name: 'What happened' });
    await timeline.getByText(/Now 854 × 480, \d+ fps, 400 kbit\/s\. Nobody was disconnected\./).waitFor();
    await page.getByRole('button', { name: 'Clip the last 30 s' }).click();
    await timeline.getByText(/Clip saved: .+\.mp4/).waitFor();

    await page.getByRole('button', { name: 'End stream' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End stream' }).click();
    await page.getByText('off air', { exact: true }).waitFor();
    await timeline.getByText('The stream ended.').waitFor();

    await page.getByRole('button', { name: 'Start, only visible here' }).click();
    await waitFor(async () => (await playing(page)).frames > 0, {
      what: 'the first frame after starting again',
      timeoutMs: 30_000,
    });
  });

  it('was allowed everything it needed by its security policy', () => {
    expect(opened.complaints.filter((text) => !/404/.test(text))).toEqual([]);
  });
});
