import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { StreamwareError } from '../../main/contract/errors.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { offFields, simulatedOutput, simulatedStream } from '../helpers/simulatedEngine.ts';
import { studioBench } from '../helpers/studioBench.ts';
import { hasFocus, inPage } from '../helpers/studioPage.ts';
import { waitFor } from '../helpers/waitFor.ts';

const bench = studioBench();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Rules of WCAG 2.2 AA that this page breaks, with the elements that do. */
async function violations(page: Page): Promise<string[]> {
  // Around the page's own policy, which rightly refuses foreign scripts.
  await inPage(page, axe);
  const rules = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']";
  const results = await inPage<AxeResults>(page, `axe.run({ runOnly: ${rules} })`);
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`),
  );
}

function putTalk(): void {
  const problem = (code: 'destination.refused' | 'destination.auth_rejected') =>
    new StreamwareError(code).toProblem();
  const retryAt = systemClock.nowMs() + 60_000;
  bench.engine.putStream({
    ...simulatedStream('str_a', 'Friday talk', [
      simulatedOutput('out_1', 'YouTube', { droppedFrames: 3 }),
      simulatedOutput('out_2', 'Twitch', {
        state: 'retrying',
        reason: problem('destination.refused'),
        retryAt,
      }),
      simulatedOutput('out_3', 'Client', { state: 'failed', reason: problem('destination.auth_rejected') }),
      simulatedOutput('out_4', 'Recording', { ...offFields, order: 'off', kind: 'file' }),
      simulatedOutput('out_5', 'Preview', { kind: 'hls', state: 'connecting', playbackUrl: '/live/a.m3u8' }),
    ]),
    startedAt: systemClock.nowMs(),
    state: 'slate',
    reason: new StreamwareError('input.stalled', { detail: 'No frame for 2 s.' }).toProblem(),
  });
  for (const severity of ['info', 'warning', 'error'] as const) {
    bench.engine.happen({ streamId: 'str_a', kind: 'outputLost', outputId: 'out_2', severity });
  }
}

describe.each(['dark', 'light'] as const)('accessibility in the %s theme', (scheme) => {
  async function open(locale: string): Promise<Page> {
    const page = await bench.open({ locale, reducedMotion: 'reduce' });
    await inPage(page, `localStorage.setItem('mantine-color-scheme-value', '${scheme}')`);
    await page.reload();
    return page;
  }

  it('the main screen', async () => {
    putTalk();
    const page = await open('en-GB');
    await page.getByText(/ON AIR/).waitFor();
    bench.engine.measure('str_a', { sourceState: 'stalled', slateSeconds: 4 });
    await page.getByText('The source is silent.').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('the form, with its mistakes shown', async () => {
    const page = await open('pl-PL');
    await page.getByRole('link', { name: 'Przygotuj transmisję' }).click();
    await page.getByRole('combobox', { name: 'Co jest na antenie' }).click();
    await page.getByRole('option', { name: 'Plik' }).click();
    await page.getByRole('combobox', { name: 'Cel' }).click();
    await page.getByRole('option', { name: 'Twitch' }).click();
    await page.getByRole('button', { name: /Wejdź na żywo/ }).click();
    await page.getByText('Wypełnij to pole.').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('the empty screen and the dialogs', async () => {
    const page = await open('en-GB');
    await page.getByText('Nothing is streaming yet').waitFor();
    expect(await violations(page)).toEqual([]);
    putTalk();
    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'End stream' }).click();
    await page.getByRole('dialog', { name: 'End “Friday talk”?' }).waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('the sign-in', async () => {
    bench.expectComplaint(/401|HTTP Authentication/);
    const page = await open('en-GB');
    await page.context().clearCookies();
    await page.reload();
    await page.getByText('This browser is not signed in').waitFor();
    expect(await violations(page)).toEqual([]);
  });
});

/** What is said of the element with the focus. */
const FOCUSED_NAME = `[
  document.activeElement.getAttribute('aria-label'),
  ...[...(document.activeElement.labels ?? [])].map((label) => label.textContent),
  document.activeElement.textContent,
].join(' ').trim()`;

/** Whether the element with the focus can be told from the others. A drawn switch stands beside the real, invisible one. */
const IS_FOCUS_SEEN = `[
  document.activeElement,
  document.activeElement.nextElementSibling,
  document.activeElement.parentElement,
].some((element) => {
  if (!element) return false;
  const { outlineStyle, outlineWidth, borderColor } = getComputedStyle(element);
  return (outlineStyle !== 'none' && outlineWidth !== '0px') || borderColor === 'rgb(15, 124, 136)';
})`;

/** Presses Tab until the focus is on the element of this name. Every stop on the way must be seen. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = [];
  while (passed.length < 60) {
    await page.keyboard.press('Tab');
    // Between the last and the first element the browser itself has the focus.
    if (await inPage<boolean>(page, 'document.activeElement === document.body')) {
      passed.push('the browser');
      continue;
    }
    const label = await inPage<string>(page, FOCUSED_NAME);
    await waitFor(() => inPage(page, IS_FOCUS_SEEN), { what: `the focus on "${label}" to be seen` });
    if (name.test(label)) return;
    passed.push(label);
  }
  throw new Error(`no way to ${name}; passed ${passed.join(', ')}`);
}

describe('with the keyboard alone', () => {
  it('a stream goes live and ends, and the focus is always seen', async () => {
    const page = await bench.open();
    await page.getByText('Nothing is streaming yet').waitFor();
    await tabTo(page, /Set up a stream/);
    await page.keyboard.press('Enter');
    await page.getByRole('form').waitFor();
    await tabTo(page, /^Name/);
    await page.keyboard.type('By hand');
    await tabTo(page, /Destination/);
    await page.keyboard.type('Twi');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await tabTo(page, /Stream key/);
    await page.keyboard.type('live_1');
    await tabTo(page, /Go live to 1 destination/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'By hand' }).waitFor();
    expect(bench.engine.callsOf('create')).toHaveLength(1);

    await tabTo(page, /End stream/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    // The safe answer comes first.
    await waitFor(() => hasFocus(page.getByRole('button', { name: 'Cancel' })), {
      what: 'the focus on the safe answer',
    });
    await tabTo(page, /End stream/);
    await page.keyboard.press('Enter');
    await page.getByText('off air', { exact: true }).waitFor();
  });

  it('the way to the stream is one key', async () => {
    putTalk();
    const page = await bench.open();
    await page.getByText(/ON AIR/).waitFor();
    await page.keyboard.press('Tab');
    await page.getByText('Skip to the stream').waitFor({ state: 'visible' });
    await page.keyboard.press('Enter');
    expect(await inPage(page, 'document.activeElement.id')).toBe('main');
    expect(new URL(page.url()).hash).toBe('');
  });
});

describe('on a narrow screen', () => {
  it.each(['en-GB', 'pl-PL'])('nothing sticks out in %s', async (locale) => {
    putTalk();
    const page = await bench.open({ locale, viewport: { width: 360, height: 780 } });
    await page.getByRole('heading', { name: 'Friday talk' }).waitFor();
    bench.engine.measure('str_a', { encoder: 'h264_videotoolbox' });
    await page.getByText('h264_videotoolbox').waitFor();
    expect(await inPage(page, 'document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await inPage(page, "location.hash = '#/new'");
    await page.getByRole('form').waitFor();
    expect(await inPage(page, 'document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });
});
