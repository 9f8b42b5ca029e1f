import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { type Api, createApi } from '../../main/api/server.ts';
import { StreamwareError } from '../../main/contract/errors.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { nullLogger } from '../../main/lib/logger.ts';
import { startApiServer } from '../helpers/apiServer.ts';
import { simulatedOutput, simulatedStream } from '../helpers/simulatedEngine.ts';
import { studioBench } from '../helpers/studioBench.ts';
import { buildStudioPage, inPage } from '../helpers/studioPage.ts';

const bench = studioBench();
const HOSTILE = '<img src=x onerror="window.wasHacked = 1"><script>window.wasHacked = 1</script>';
/** Tries what an attacker would try, and gives the rules that kept it out. */
const BREAK_IN = `new Promise((resolve) => {
  const kinds = new Set();
  document.addEventListener('securitypolicyviolation', (event) => {
    kinds.add(event.effectiveDirective);
    if (kinds.size === 4) resolve([...kinds].sort());
  });
  const script = document.createElement('script');
  script.textContent = 'window.wasHacked = 1';
  document.body.append(script);
  const image = document.createElement('img');
  image.setAttribute('onerror', 'window.wasHacked = 1');
  image.src = 'https://example.com/x.png';
  document.body.append(image);
  fetch('https://example.com/').catch(() => undefined);
})`;
const youtube = simulatedOutput('out_1', 'YouTube');
let second: Api | null = null;

afterEach(async () => {
  await second?.close();
  second = null;
});

/** The same engine after a restart, at the same address and with the same sessions. */
async function restart(): Promise<void> {
  second = createApi({
    ports: bench.engine.ports,
    tokens: bench.server.tokens,
    clock: systemClock,
    logger: nullLogger,
    version: '0.1.0',
    engineId: 'test',
    port: bench.server.port,
    studioDirectory: bench.studioDirectory,
  });
  await second.listen();
}

function putTalk(name = 'Friday talk'): void {
  bench.engine.putStream({ ...simulatedStream('str_a', name, [youtube]), startedAt: systemClock.nowMs() });
}

describe('when the engine goes away', () => {
  it('the page says so, claims nothing, and catches up by itself when it is back', async () => {
    bench.expectComplaint(/ERR_|WebSocket/);
    putTalk();
    bench.engine.putStream(simulatedStream('str_b', 'Removed meanwhile', [youtube]));
    const page = await bench.open();
    await page.getByText(/ON AIR/).waitFor();

    await bench.server.close();
    await page.getByText('The engine does not answer. This page does not stop a broadcast').waitFor();
    await page.getByText('no contact').waitFor();
    await page.getByText(/ON AIR/).waitFor({ state: 'hidden' });

    bench.engine.streams.delete('str_b');
    putTalk('Renamed meanwhile');
    await restart();
    await page.getByRole('heading', { name: 'Renamed meanwhile' }).waitFor();
    await page.getByText(/ON AIR/).waitFor();
    await page.getByText('The engine does not answer').waitFor({ state: 'hidden' });
    expect(await page.getByText('Removed meanwhile').count()).toBe(0);
    bench.engine.changeOutput('str_a', 'out_1', { state: 'failed' });
    await page.getByText('attention').waitFor();
  });

  it('a click meanwhile says what happened and what was kept', async () => {
    bench.expectComplaint(/ERR_|WebSocket/);
    putTalk();
    const page = await bench.open();
    await page.getByRole('button', { name: 'Clip the last 30 s' }).waitFor();
    await bench.server.close();
    await page.getByRole('button', { name: 'Clip the last 30 s' }).click();
    await page
      .getByText('Nothing was changed. Start it again; broadcasts that were live go on by themselves.')
      .waitFor();
  });
});

describe('signing in', () => {
  async function openUnknown(): Promise<Page> {
    bench.expectComplaint(/401/);
    const context = await bench.browser.newContext({ locale: 'en-GB' });
    const page = await context.newPage();
    await page.goto(bench.server.url);
    return page;
  }

  it('is asked for, and a token does it; it is kept where no script can read it', async () => {
    putTalk();
    const page = await openUnknown();
    await page.getByText('This browser is not signed in').waitFor();
    expect(await page.content()).not.toContain('Friday talk');

    const field = page.getByRole('textbox', { name: 'Or paste a token' });
    await field.fill('swt_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This token is not known or was revoked.').waitFor();
    expect(await field.inputValue()).toBe('swt_wrong');

    await field.fill(`  ${await bench.server.token('control')}\n`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Friday talk' }).waitFor();
    expect(await inPage(page, 'document.cookie')).toBe('');
    await page.context().close();
  });

  it('is asked for again when the session is revoked', async () => {
    bench.expectComplaint(/401/);
    putTalk();
    const page = await bench.open();
    await page.getByText(/ON AIR/).waitFor();
    for (const { id, kind } of bench.server.tokens.list()) {
      if (kind === 'browser') await bench.server.tokens.revoke(id);
    }
    await page.getByText('This browser is not signed in').waitFor();
    expect(await page.content()).not.toContain('Friday talk');
  });
});

describe('what comes from outside', () => {
  it('is shown as text, never run, wherever it stands', async () => {
    const reason = {
      ...new StreamwareError('destination.refused').toProblem(),
      code: 'x',
      title: HOSTILE,
      hint: HOSTILE,
    };
    bench.engine.putStream({
      ...simulatedStream('str_a', HOSTILE, [
        simulatedOutput('out_1', HOSTILE, { target: HOSTILE, files: [HOSTILE] }),
        simulatedOutput('out_2', HOSTILE, { state: 'failed', reason }),
      ]),
      state: 'slate',
      reason: { ...reason, detail: HOSTILE },
    });
    bench.engine.happen({ streamId: 'str_a', kind: 'noticeGiven', message: HOSTILE });
    const page = await bench.open();
    bench.engine.measure('str_a', { encoder: HOSTILE });
    await page.getByRole('heading', { name: HOSTILE }).waitFor();
    await page.getByRole('listitem').filter({ hasText: HOSTILE }).last().waitFor();
    await page.getByRole('button', { name: 'End stream' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await inPage(page, "'wasHacked' in window")).toBe(false);
    expect(await page.locator('img').count()).toBe(1);
  });

  it('could not run even if it got into the page: the security policy holds', async () => {
    bench.expectComplaint(/Content Security Policy/);
    const page = await bench.open();
    const blocked = await inPage<string[]>(page, BREAK_IN);
    expect(new Set(blocked)).toEqual(
      new Set(['script-src-elem', 'script-src-attr', 'img-src', 'connect-src']),
    );
    expect(await inPage(page, "'wasHacked' in window")).toBe(false);
  });
});

describe('a mistake in the page', () => {
  it('does not leave it empty', async () => {
    bench.expectComplaint(/./);
    putTalk();
    const page = await bench.open();
    await page.getByText(/ON AIR/).waitFor();
    bench.engine.measure('str_a', { outputs: null as never });
    await page.getByText('Your broadcast was not touched. Reload the page and try again.').waitFor();
    await page.getByRole('button', { name: 'Reload' }).click();
    await page.getByText(/ON AIR/).waitFor();
  });
});

describe('language and look', () => {
  it('change at once and are remembered', async () => {
    putTalk();
    bench.engine.changeOutput('str_a', 'out_1', {
      state: 'retrying',
      reason: new StreamwareError('destination.refused').toProblem(),
    });
    const page = await bench.open();
    await page.getByText('The server refuses connections').waitFor();
    await page.getByText('PL', { exact: true }).click();
    await page.getByText('Serwer odrzuca połączenia').waitFor();
    expect(await inPage(page, 'document.documentElement.lang')).toBe('pl');
    await page.getByRole('button', { name: 'Włącz jasny wygląd' }).click();

    await page.reload();
    await page.getByText('Serwer odrzuca połączenia').waitFor();
    expect(await inPage(page, 'document.documentElement.lang')).toBe('pl');
    expect(await inPage(page, 'document.documentElement.dataset.mantineColorScheme')).toBe('light');
  });

  it('begin with the language of the browser', async () => {
    const page = await bench.open({ locale: 'pl-PL' });
    await page.getByText('Nic jeszcze nie jest nadawane').waitFor();
  });
});

describe('the first screen', () => {
  it('weighs little', async () => {
    const studio = await buildStudioPage('production');
    const server = await startApiServer({ fake: bench.engine, studioDirectory: studio.path });
    const context = await bench.browser.newContext();
    const page = await context.newPage();
    const files: string[] = [];
    page.on('response', (response) => files.push(new URL(response.url()).pathname));
    await page.goto(server.api.createStudioLink().url);
    await page.getByText('Nothing is streaming yet').waitFor();
    const assets = [...new Set(files)].filter((path) => /^\/assets\/|\.svg$/.test(path));
    const bytes = assets.map((path) => gzipSync(readFileSync(join(studio.path, path))).length);
    expect(assets.length).toBeGreaterThan(1);
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(400_000);
    await context.close();
    await server.close();
    studio.remove();
  });
});
