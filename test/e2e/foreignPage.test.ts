// Pages of other origins in a real browser: one that the operator allows, and one that nobody does.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_PREFIX } from '../../main/contract/endpoint.ts';
import { type ApiServer, startApiServer } from '../helpers/apiServer.ts';
import { inPage, launchBrowser } from '../helpers/studioPage.ts';

let browser: Browser;
let server: ApiServer;
let sites: Server[];
let allowed: string;
let foreign: string;

beforeAll(async () => {
  browser = await launchBrowser();
  sites = [startSite(), startSite()];
  [allowed = '', foreign = ''] = await Promise.all(sites.map(originOf));
  server = await startApiServer({ allowedOrigins: [allowed] });
});
afterAll(async () => {
  await browser.close();
  await server.close();
  for (const site of sites) site.close();
});

/** On the same host as the engine, so that the browser sends the engine's cookie along wherever it may. */
function startSite(): Server {
  const site = createServer((_request, response) =>
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Dashboard</title>'),
  );
  return site.listen(0, '127.0.0.1');
}

async function originOf(site: Server): Promise<string> {
  if (!site.listening) await once(site, 'listening');
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
}

/** A page of that origin, in a browser that is signed in to the studio. */
async function openPage(origin: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(server.api.createStudioLink().url);
  await page.goto(origin);
  return page;
}

/** What a request of the page comes to: its status and one header, or "kept away" when the browser gives nothing. */
function ask(page: Page, init: object): Promise<unknown> {
  return inPage(
    page,
    `fetch(${JSON.stringify(`${server.url}${API_PREFIX}/streams`)}, ${JSON.stringify(init)}).then(
      (answer) => [answer.status, answer.headers.get('Idempotency-Replayed')],
      () => 'kept away',
    )`,
  );
}

function openSocket(page: Page, protocols: readonly string[]): Promise<unknown> {
  const address = `${server.url.replace('http', 'ws')}/v1/streams`;
  return inPage(
    page,
    `new Promise((resolve) => {
      const socket = new WebSocket(${JSON.stringify(address)}, ${JSON.stringify(protocols)});
      socket.onopen = () => resolve('open');
      socket.onerror = () => resolve('kept away');
    })`,
  );
}

async function post(): Promise<object> {
  return {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${await server.token('control')}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': 'from-a-page',
    },
    body: JSON.stringify({ input: { type: 'test' }, output: [{ type: 'hls' }] }),
  };
}

describe('a page of an allowed origin', () => {
  it('uses the API and the WebSocket with its token, and nothing with the session of the studio', async () => {
    const page = await openPage(allowed);
    expect(await ask(page, await post())).toEqual([201, null]);
    expect(await ask(page, await post())).toEqual([201, 'true']);
    expect(await openSocket(page, ['streamware.v1', `bearer.${await server.token('read')}`])).toBe('open');
    expect(await ask(page, {})).toEqual([401, null]);
    expect(await ask(page, { credentials: 'include' })).toBe('kept away');
    expect(await openSocket(page, ['streamware.v1'])).toBe('kept away');
    await page.context().close();
  });
});

describe('a page of another origin', () => {
  it('gets nothing, not even with a token', async () => {
    const page = await openPage(foreign);
    const before = server.fake.calls.length;
    expect(await ask(page, await post())).toBe('kept away');
    expect(await ask(page, { headers: { Authorization: `Bearer ${await server.token('read')}` } })).toBe(
      'kept away',
    );
    expect(await ask(page, { mode: 'no-cors', credentials: 'include' })).toEqual([0, null]);
    expect(await openSocket(page, ['streamware.v1', `bearer.${await server.token('read')}`])).toBe(
      'kept away',
    );
    expect(server.fake.calls).toHaveLength(before);
    await page.context().close();
  });
});
