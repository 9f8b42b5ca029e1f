import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { StreamwareError } from '../../main/contract/errors.ts';
import { InvalidValueError } from '../../main/contract/parse.ts';
import { studioBench } from '../helpers/studioBench.ts';
import { hasFocus, inPage } from '../helpers/studioPage.ts';
import { waitFor } from '../helpers/waitFor.ts';

const bench = studioBench();

async function openForm(options?: Parameters<typeof bench.open>[0]): Promise<Page> {
  const page = await bench.open(options);
  await page.getByRole('link', { name: /Set up a stream|Przygotuj transmisję/ }).click();
  await page.getByRole('form').waitFor();
  return page;
}

async function choose(page: Page, select: string, option: string): Promise<void> {
  await page.getByRole('combobox', { name: select }).click();
  await page.getByRole('option', { name: option }).click();
}

function created(): unknown {
  return bench.engine.callsOf('create')[0]?.[0];
}

describe('the form for a new stream', () => {
  it('goes live to a service from the catalogue, and the key is seen no more', async () => {
    const page = await openForm();
    await page.getByLabel('Name').fill('Friday talk');
    await choose(page, 'Destination', 'Twitch');
    expect(await page.getByRole('link', { name: 'Where to find it at Twitch' }).getAttribute('href')).toBe(
      'https://example.com/twitch',
    );
    await page.getByLabel('Stream key', { exact: true }).fill('live_secret_123');
    await page.getByLabel('Record').check();
    await page.getByRole('button', { name: 'Go live to 1 destination' }).click();

    await page.getByRole('heading', { name: 'Friday talk' }).waitFor();
    expect(created()).toMatchObject({
      name: 'Friday talk',
      input: { type: 'test' },
      output: [
        { type: 'rtmp', service: 'twitch', key: 'live_secret_123' },
        { type: 'hls', name: 'Preview' },
        { type: 'file', name: 'Recording' },
      ],
    });
    expect(await page.content()).not.toContain('live_secret_123');
    const stored = await inPage(page, 'JSON.stringify({ ...localStorage, ...sessionStorage })');
    expect(stored).not.toContain('live_secret_123');

    await page.getByRole('link', { name: 'New' }).click();
    expect(await page.getByLabel('Name').inputValue()).toBe('');
  });

  it.each([
    ['the address', 'Address'],
    ['the key', 'Stream key'],
  ])('understands a whole address pasted into %s', async (_name, field) => {
    const page = await openForm();
    await choose(page, 'Destination', 'Another address');
    await page.getByLabel(field, { exact: true }).fill('rtmp://live.example/app/secret?x=1');
    expect(await page.getByLabel('Address', { exact: true }).inputValue()).toBe('rtmp://live.example/app');
    expect(await page.getByLabel('Stream key', { exact: true }).inputValue()).toBe('secret?x=1');

    await page.getByLabel(field, { exact: true }).fill('rtmp://live.twitch.tv/app/live_9');
    expect(await page.getByRole('combobox', { name: 'Destination' }).inputValue()).toBe('Twitch');
    expect(await page.getByLabel('Stream key', { exact: true }).inputValue()).toBe('live_9');
  });

  it('says at the field what is missing, puts the cursor there, and asks the engine for nothing', async () => {
    const page = await openForm();
    await choose(page, 'What is on air', 'A file');
    await choose(page, 'Destination', 'YouTube');
    await page.getByRole('button', { name: 'Go live to 1 destination' }).click();
    const path = page.getByLabel('Path of the file');
    await page.getByText('Fill this in.').waitFor();
    expect(await hasFocus(path)).toBe(true);
    await page.getByText('Paste the stream key from the page of the service.').waitFor();
    expect(bench.engine.callsOf('create')).toEqual([]);

    await path.fill('/show.mp4');
    expect(await page.getByText('Fill this in.').count()).toBe(0);
  });

  it('shows a refusal of the engine at its field and keeps everything that was typed', async () => {
    bench.expectComplaint(/404/);
    const page = await openForm();
    await page.getByLabel('Name').fill('Premiere');
    await choose(page, 'What is on air', 'A file');
    await page.getByLabel('Path of the file').fill('/nowhere.mp4');
    await choose(page, 'Destination', 'Twitch');
    await page.getByLabel('Stream key', { exact: true }).fill('live_1');
    bench.engine.refuseNext('create', new StreamwareError('input.not_found', { field: 'input.path' }));
    await page.getByRole('button', { name: 'Go live to 1 destination' }).click();

    await page.getByText('The file or device is not there. Check the path or the name.').waitFor();
    const path = page.getByLabel('Path of the file');
    expect(await path.getAttribute('aria-invalid')).toBe('true');
    expect(await hasFocus(path)).toBe(true);
    expect(await page.getByLabel('Name').inputValue()).toBe('Premiere');
    expect(await page.getByLabel('Stream key', { exact: true }).inputValue()).toBe('live_1');

    await inPage(page, "location.hash = '#/'");
    await page.getByText('Nothing is streaming yet').waitFor();
    await page.getByRole('link', { name: 'Set up a stream' }).click();
    expect(await path.inputValue()).toBe('/nowhere.mp4');

    await path.fill('/here.mp4');
    expect(await path.getAttribute('aria-invalid')).not.toBe('true');
    await page.getByRole('button', { name: 'Go live to 1 destination' }).click();
    await page.getByRole('heading', { name: 'Premiere' }).waitFor();
  });

  it('shows several refusals each at its field, and one without a field above the button', async () => {
    bench.expectComplaint(/400|409/);
    const page = await openForm({ locale: 'pl-PL' });
    await choose(page, 'Cel', 'Inny adres');
    await page.getByLabel('Adres', { exact: true }).fill('rtmp://serwer');
    bench.engine.refuseNext(
      'create',
      new InvalidValueError('request.invalid', [
        {
          field: 'output.0.url',
          detail: 'the address has no application name, such as /live behind the server',
        },
        { field: 'output.0.key', detail: 'the stream key is missing' },
        { field: 'slate.image', detail: 'is not a known field here' },
      ]),
    );
    await page.getByRole('button', { name: 'Wejdź na żywo: 1 cel' }).click();
    await page.getByText('Brakuje części za serwerem, na przykład /live.').waitFor();
    await page.getByText('Brakuje klucza transmisji.').waitFor();
    await page.getByText('Jednej z wartości nie można użyć').waitFor();

    bench.engine.refuseNext('create', new StreamwareError('output.duplicate'));
    await page.getByRole('button', { name: 'Wejdź na żywo: 1 cel' }).click();
    await page.getByText('Dwa wyjścia prowadzą w to samo miejsce.').waitFor();
  });

  it('gives a sender its key and address before the start', async () => {
    const page = await openForm();
    await choose(page, 'What is on air', 'OBS, a phone or a camera sends to me');
    await page.getByText('rtmp://127.0.0.1:1935/live').waitFor();
    const key = await page.getByLabel('Key for the sender').inputValue();
    expect(key).toMatch(/^[a-z0-9]{12}$/);
    await page.getByRole('button', { name: 'Start, only visible here' }).click();
    await waitFor(created, { what: 'the request' });
    expect(created()).toMatchObject({ input: { type: 'ingest', key } });
  });

  it('does not start a stream that goes nowhere', async () => {
    const page = await openForm();
    await page.getByLabel('Watch it here').uncheck();
    expect(await page.getByRole('button', { name: 'Choose where it goes first' }).isDisabled()).toBe(true);
  });

  it('takes several destinations and drops one again', async () => {
    const page = await openForm();
    await choose(page, 'Destination', 'Twitch');
    await page.getByLabel('Stream key', { exact: true }).fill('k1');
    await page.getByRole('button', { name: 'Add a destination' }).click();
    await page.getByRole('combobox', { name: 'Destination' }).nth(1).click();
    await page.getByRole('option', { name: 'YouTube' }).click();
    await page.getByRole('button', { name: 'Go live to 2 destinations' }).waitFor();
    await page.getByRole('button', { name: 'Remove destination 1' }).click();
    expect(await page.getByRole('combobox', { name: 'Destination' }).inputValue()).toBe('YouTube');
    await page.getByRole('button', { name: 'Go live to 1 destination' }).waitFor();
  });
});

describe('the empty screen', () => {
  it('offers a test picture that nobody else sees', async () => {
    const page = await bench.open();
    await page.getByRole('button', { name: 'Try a test picture, only here' }).click();
    await page.getByRole('heading', { name: 'Test picture' }).waitFor();
    await page.getByText('only here').waitFor();
    expect(created()).toMatchObject({ input: { type: 'test' }, output: [{ type: 'hls' }] });
  });
});

describe('an output added while live', () => {
  it('shows a refusal at its field', async () => {
    bench.expectComplaint(/422/);
    const page = await bench.open();
    await page.getByRole('button', { name: 'Try a test picture, only here' }).click();
    await page.getByRole('button', { name: 'Add' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Destination' }).click();
    await page.getByRole('option', { name: 'Twitch' }).click();
    await dialog.getByLabel('Stream key', { exact: true }).fill('live_1');
    bench.engine.refuseNext(
      'addOutput',
      new StreamwareError('output.limits_exceeded', { field: 'rendition.bitrateKbps' }),
    );
    await dialog.getByRole('button', { name: 'Add' }).click();
    await dialog.getByText('The service would refuse this setting.').waitFor();
    expect(await dialog.getByLabel('Stream key', { exact: true }).inputValue()).toBe('live_1');
  });
});
