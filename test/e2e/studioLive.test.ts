import { describe, expect, it } from 'vitest';
import { StreamwareError } from '../../main/contract/errors.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { offFields, simulatedOutput, simulatedStream } from '../helpers/simulatedEngine.ts';
import { studioBench } from '../helpers/studioBench.ts';
import { inPage } from '../helpers/studioPage.ts';
import { waitFor } from '../helpers/waitFor.ts';

const bench = studioBench();
const youtube = simulatedOutput('out_1', 'YouTube', { kind: 'rtmps' });
const twitch = simulatedOutput('out_2', 'Twitch');
const recording = simulatedOutput('out_3', 'Recording', { kind: 'file', rttMs: null });

function putTalk(outputs = [youtube, twitch, recording]) {
  return bench.engine.putStream({
    ...simulatedStream('str_a', 'Friday talk', outputs),
    startedAt: systemClock.nowMs(),
  });
}

function putStoppedTalk() {
  const outputs = [youtube, twitch, recording].map((output) => ({ ...output, ...offFields }));
  const talk = simulatedStream('str_a', 'Friday talk', outputs);
  return bench.engine.putStream({ ...talk, order: 'stopped', state: 'stopped', startedAt: null });
}

describe('a stream that is live', () => {
  it('is shown as it is and as it becomes, without a reload', async () => {
    putTalk();
    const page = await bench.open();
    const card = page.getByRole('region', { name: 'Twitch' });
    await page.getByText(/ON AIR/).waitFor();
    await waitFor(async () => (await page.title()).includes('ON AIR'), { what: 'the title of the page' });
    await card.getByText('live', { exact: true }).waitFor();

    bench.engine.changeOutput('str_a', 'out_2', {
      state: 'retrying',
      reason: new StreamwareError('destination.refused').toProblem(),
      retryAt: systemClock.nowMs() + 30_000,
    });
    await card.getByText('retrying').waitFor();
    await card.getByText(/The server refuses connections\. .*We keep trying\./).waitFor();
    await card.getByText(/Next try in \d+ s\./).waitFor();
    await page.getByRole('region', { name: 'YouTube' }).getByText('live', { exact: true }).waitFor();

    bench.engine.changeOutput('str_a', 'out_2', { state: 'live', reason: null, retryAt: null });
    await card.getByText('live', { exact: true }).waitFor();
    expect(await card.getByText('refuses').count()).toBe(0);
  });

  it('shows what it measures, and leaves the other cards where they are when one has trouble', async () => {
    putTalk();
    const page = await bench.open();
    const below = page.getByRole('region', { name: 'Recording', exact: true });
    await below.waitFor();
    bench.engine.measure('str_a', { bitrateKbps: 7321, fps: 29.97, encoder: 'h264_nvenc' });
    await page.getByText('7.3 Mb/s').waitFor();
    await page.getByText('h264_nvenc').waitFor();

    const before = await below.boundingBox();
    bench.engine.changeOutput('str_a', 'out_2', {
      state: 'failed',
      reason: new StreamwareError('destination.auth_rejected').toProblem(),
    });
    await page.getByText('The server refused this stream key').waitFor();
    expect(await below.boundingBox()).toEqual(before);
  });

  it('says what the audience sees when the source dies', async () => {
    putTalk();
    const page = await bench.open();
    await page.getByText(/ON AIR/).waitFor();
    bench.engine.changeStream('str_a', { state: 'slate' });
    bench.engine.measure('str_a', { state: 'slate', sourceState: 'lost', slateSeconds: 3 });
    await page.getByText('The source is gone. Your audience sees the slate').waitFor();
    expect(await page.getByText(/ON AIR/).count()).toBe(1);
  });

  it('does not say "on air" when nobody gets it', async () => {
    putTalk([{ ...youtube, state: 'retrying' }, recording]);
    const page = await bench.open();
    await page.getByRole('banner').getByText('connecting').waitFor();
    expect(await page.getByText(/ON AIR/).count()).toBe(0);
  });

  it('tells what happened, before the page was opened and since', async () => {
    putTalk();
    bench.engine.happen({ streamId: 'str_a', kind: 'broadcastStarted' });
    const page = await bench.open();
    const timeline = page.getByRole('region', { name: 'What happened' });
    await timeline.getByText('The stream started.').waitFor();
    bench.engine.happen({
      streamId: 'str_a',
      kind: 'outputLost',
      outputId: 'out_2',
      severity: 'warning',
      data: { code: 'destination.stalled' },
    });
    await timeline
      .getByText('Twitch: not connected, trying again. The others are fine. The server takes no more data.')
      .waitFor();
    expect(await timeline.getByRole('listitem').count()).toBe(2);
  });
});

describe('steering', () => {
  it('starts a stream, and the button says how many destinations there are', async () => {
    putStoppedTalk();
    const page = await bench.open();
    await page.getByRole('button', { name: 'Go live to 2 destinations' }).click();
    await page.getByText(/ON AIR/).waitFor();
    expect(bench.engine.callsOf('start')).toEqual([['str_a']]);
  });

  it('ends a stream only after saying who will miss it', async () => {
    putTalk();
    const page = await bench.open();
    await page.getByRole('button', { name: 'End stream' }).click();
    const dialog = page.getByRole('dialog', { name: 'End “Friday talk”?' });
    await dialog
      .getByText('It ends for everybody watching on: YouTube, Twitch. The recording is finished and kept.')
      .waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(bench.engine.callsOf('stop')).toEqual([]);

    await page.getByRole('button', { name: 'End stream' }).click();
    await dialog.getByRole('button', { name: 'End stream' }).click();
    await page.getByText('off air', { exact: true }).waitFor();
    expect(bench.engine.callsOf('stop')).toEqual([['str_a']]);
  });

  it('tries a destination again at once', async () => {
    const reason = new StreamwareError('destination.unreachable').toProblem();
    putTalk([{ ...twitch, state: 'retrying', reason, retryAt: systemClock.nowMs() + 60_000 }]);
    const page = await bench.open();
    await page.getByRole('button', { name: 'Try now' }).click();
    await waitFor(() => bench.engine.callsOf('retryOutput').length === 1, { what: 'the retry' });
    expect(bench.engine.callsOf('retryOutput')).toEqual([['str_a', 'out_2']]);
  });

  it('gives a destination a new key after the old one was refused, and forgets it', async () => {
    const reason = new StreamwareError('destination.auth_rejected').toProblem();
    putTalk([{ ...twitch, state: 'failed', reason }]);
    const page = await bench.open();
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByLabel('Stream key', { exact: true }).fill('live_new_secret');
    await page.getByRole('button', { name: 'Save and try' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(bench.engine.callsOf('updateOutput')).toEqual([['str_a', 'out_2', { key: 'live_new_secret' }]]);
    expect(await page.content()).not.toContain('live_new_secret');
  });

  it('switches one output off, adds one and removes one', async () => {
    putTalk();
    const page = await bench.open();
    const card = page.getByRole('region', { name: 'Twitch' });
    await page.getByRole('switch', { name: 'Send to Twitch' }).click({ force: true });
    await card.getByText('off', { exact: true }).first().waitFor();
    expect(bench.engine.callsOf('updateOutput')).toEqual([['str_a', 'out_2', { enabled: false }]]);

    await page.getByRole('button', { name: 'Add' }).click();
    await page.getByText('HLS page', { exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
    await page.getByRole('region', { name: 'Preview' }).waitFor();
    expect(bench.engine.callsOf('addOutput')).toMatchObject([['str_a', { type: 'hls', name: 'Preview' }]]);

    await page.getByRole('button', { name: 'Remove Twitch' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await card.waitFor({ state: 'detached' });
    expect(bench.engine.callsOf('removeOutput')).toEqual([['str_a', 'out_2']]);
  });

  it('changes the bitrate while live, and keeps the number when the engine refuses', async () => {
    putTalk();
    bench.expectComplaint(/409/);
    const page = await bench.open();
    await page.getByText(/ON AIR/).waitFor();
    bench.engine.measure('str_a');
    const field = page.getByRole('textbox', { name: 'Video bitrate, live' });
    await field.fill('3000');
    bench.engine.refuseNext('adjustQuality', new StreamwareError('stream.quality_unchanged'));
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('The quality cannot go lower').waitFor();
    expect(await field.inputValue()).toBe('3 000 kbit/s');
    await page.getByRole('button', { name: 'Apply' }).click();
    await waitFor(() => bench.engine.callsOf('adjustQuality').length === 1, { what: 'the change' });
    expect(bench.engine.callsOf('adjustQuality')).toEqual([['str_a', { bitrateKbps: 3000 }]]);
  });

  it('saves a clip and says where', async () => {
    putTalk();
    const page = await bench.open();
    await page.getByRole('button', { name: 'Clip the last 30 s' }).click();
    await page.getByText('Clip of 30.0 s saved').waitFor();
    expect(bench.engine.callsOf('saveReplay')).toEqual([['str_a', 30]]);
  });

  it('removes a stream after saying what is kept', async () => {
    putStoppedTalk();
    const page = await bench.open();
    await page.getByRole('button', { name: 'Remove this stream' }).click();
    await page.getByText('Recordings and the history of its broadcasts are kept.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('Nothing is streaming yet').waitFor();
    expect(bench.engine.callsOf('delete')).toEqual([['str_a']]);
  });
});

describe('a browser whose clock is wrong', () => {
  it.each([-3_600_000, 3_600_000])('by %i ms counts with the engine', async (skewMs) => {
    const reason = new StreamwareError('destination.refused').toProblem();
    const retryAt = systemClock.nowMs() + 50_000;
    putTalk([{ ...youtube, state: 'retrying', reason, retryAt }, twitch]);
    const page = await bench.open();
    await page.clock.install({ time: systemClock.nowMs() + skewMs });
    await page.reload();
    await page
      .getByText(/^00:00:[0-5]\d$/)
      .first()
      .waitFor();
    await page.getByText(/Next try in [1-5]?\d s\./).waitFor();
  });
});

describe('more changes than anybody reads', () => {
  it('end with the last one, without each of them being drawn', async () => {
    putTalk();
    const page = await bench.open();
    const card = page.getByRole('region', { name: 'Twitch' });
    await card.getByText('4.6 Mb/s').waitFor();
    const observe =
      'new MutationObserver(() => window.draws++).observe(document.querySelector(".outputs"), {';
    await inPage(page, `window.draws = 0, ${observe} subtree: true, childList: true, characterData: true })`);
    for (let change = 1; change <= 500; change++)
      bench.engine.changeOutput('str_a', 'out_2', { bitrateKbps: change * 100 });
    await card.getByText('50.0 Mb/s').waitFor();
    expect(await inPage<number>(page, 'window.draws')).toBeLessThan(100);
  });
});

describe('several streams', () => {
  it('each have a place of their own that survives a reload', async () => {
    putTalk();
    bench.engine.putStream(simulatedStream('str_b', 'Concert', [simulatedOutput('out_1', 'Facebook')]));
    const page = await bench.open();
    await page
      .getByRole('navigation')
      .getByRole('link', { name: /Concert/ })
      .click();
    await page.getByRole('heading', { name: 'Concert' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Concert' }).waitFor();
    await page.getByRole('region', { name: 'Facebook' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Friday talk' }).waitFor();
  });
});
