import i18next, { type TFunction } from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import { timelineEventExample } from '../../../main/contract/api/examples.ts';
import { StreamwareError } from '../../../main/contract/errors.ts';
import { parseWith } from '../../../main/contract/parse.ts';
import { streamConfigSchema, type TimelineEvent } from '../../../main/contract/streams.ts';
import { goLabel } from '../../../renderer/components/goLabel.ts';
import { describeProblem, translateDetail } from '../../../renderer/components/problemText.ts';
import { replaySecondsOf, videoBitrateOf } from '../../../renderer/features/stream/streamFacts.ts';
import { describeEvent } from '../../../renderer/features/stream/timelineText.ts';
import en from '../../../renderer/i18n/en.json' with { type: 'json' };
import pl from '../../../renderer/i18n/pl.json' with { type: 'json' };

let polish: TFunction;
let english: TFunction;

beforeAll(async () => {
  const instance = i18next.createInstance();
  await instance.init({
    resources: { en: { translation: en }, pl: { translation: pl } },
    lng: 'pl',
    interpolation: { escapeValue: false },
  });
  polish = instance.getFixedT('pl');
  english = instance.getFixedT('en');
});

describe('a problem', () => {
  it('is told in the language of the user, with the particulars as the engine gave them', () => {
    const problem = new StreamwareError('destination.refused', {
      detail: 'connect ECONNREFUSED',
    }).toProblem();
    expect(describeProblem(polish, problem)).toEqual({
      title: 'Serwer odrzuca połączenia',
      hint: 'Sprawdź adres i port oraz czy serwer działa. Próbujemy dalej.',
      detail: 'connect ECONNREFUSED',
    });
  });

  it('with a code this page does not know is told in the words of the engine', () => {
    const problem = {
      ...new StreamwareError('replay.empty').toProblem(),
      code: 'new.code',
      title: 'New',
      hint: 'Do.',
    };
    expect(describeProblem(polish, problem)).toEqual({ title: 'New', hint: 'Do.', detail: null });
  });

  it('gives the incident number of a bug', () => {
    const problem = { ...new StreamwareError('internal.unexpected').toProblem(), incident: 'req_1' };
    expect(describeProblem(english, problem).detail).toBe('req_1');
  });
});

describe('why a field was refused', () => {
  it.each([
    [{}, 'Wypełnij to pole.'],
    [{ input: { type: 'file', path: '' }, output: [{ type: 'hls' }] }, 'Wypełnij to pole.'],
    [
      { input: { type: 'rtmp', url: 'x' }, output: [{ type: 'hls' }] },
      'Musi zaczynać się od rtmp:// or rtmps://.',
    ],
    [
      { input: { type: 'test' }, output: [{ type: 'srt', url: 'srt://a', passphrase: 'short' }] },
      'Co najmniej 10 znaków.',
    ],
    [
      {
        input: { type: 'test' },
        output: [{ type: 'hls' }],
        processing: [{ type: 'transcode', bitrateKbps: 9e9 }],
      },
      'Najwyżej 60000.',
    ],
  ])('is translated from what the schemas really say: %j', (config, text) => {
    let issues: readonly { detail: string }[] = [];
    try {
      parseWith(streamConfigSchema, config);
    } catch (error) {
      issues = (error as { issues: typeof issues }).issues;
    }
    expect(issues.map(({ detail }) => translateDetail(polish, detail))).toContain(text);
  });

  it('stays as it is when it is of another kind', () => {
    expect(translateDetail(polish, 'may have letters only')).toBe('may have letters only');
  });
});

describe('the timeline', () => {
  const outputs = [{ id: 'out_1', name: 'Twitch' }];
  const event = (fields: Partial<TimelineEvent>): TimelineEvent => ({
    ...timelineEventExample,
    message: 'in the words of the engine',
    ...fields,
  });

  it.each([
    [{ kind: 'outputLive', outputId: 'out_1' }, 'Twitch: na żywo.'],
    [
      { kind: 'outputLost', outputId: 'out_1', data: { code: 'destination.refused' } },
      'Twitch: brak połączenia, trwa ponawianie. Pozostałe działają. Serwer odrzuca połączenia.',
    ],
    [{ kind: 'framesDropped', outputId: 'out_1', data: { frames: 3 } }, 'Twitch: pominięto 3 klatki.'],
    [{ kind: 'framesDropped', outputId: 'out_1', data: { frames: 25 } }, 'Twitch: pominięto 25 klatek.'],
    [
      { kind: 'qualityChanged', data: { width: 1280, height: 720, fps: 30, bitrateKbps: 3000 } },
      'Teraz 1280 × 720, 30 kl./s, 3000 kbit/s. Nikt nie został rozłączony.',
    ],
    [{ kind: 'clipSaved', data: { path: '/home/ola/clips/a.mp4' } }, 'Zapisano klip: a.mp4'],
    [
      { kind: 'broadcastEnded', data: { reason: 'duration' } },
      'Transmisja się skończyła. Upłynął ustawiony czas.',
    ],
    [{ kind: 'broadcastEnded', data: { reason: 'stopped' } }, 'Transmisja się skończyła.'],
    [{ kind: 'markerAdded' }, 'Znacznik: in the words of the engine'],
    [{ kind: 'noticeGiven' }, 'in the words of the engine'],
    [{ kind: 'somethingNew' }, 'in the words of the engine'],
    [{ kind: 'toString' }, 'in the words of the engine'],
    [{ kind: 'outputRemoved', outputId: 'gone' }, 'in the words of the engine'],
    [{ kind: 'framesDropped', outputId: 'out_1' }, 'in the words of the engine'],
  ])('tells %j', (fields, text) => {
    expect(describeEvent(polish, event(fields), outputs)).toBe(text);
  });
});

describe('the big button', () => {
  it.each([
    [1, 'Wejdź na żywo: 1 cel'],
    [3, 'Wejdź na żywo: 3 cele'],
    [12, 'Wejdź na żywo: 12 celów'],
    [22, 'Wejdź na żywo: 22 cele'],
  ])('counts in Polish as Poles do: %d', (destinations, text) => {
    expect(goLabel(polish, { destinations, isRecording: true })).toBe(text);
  });

  it('says what will happen without a destination', () => {
    expect(goLabel(english, { destinations: 0, isRecording: true })).toBe('Record only');
    expect(goLabel(english, { destinations: 0, isRecording: false })).toBe('Start, only visible here');
  });
});

describe('the configuration of a stream', () => {
  it.each([undefined, null, 'x', {}, { processing: 'x' }, { processing: [null, { type: 'transcode' }] }])(
    'may be anything: %j',
    (config) => {
      expect([videoBitrateOf(config), replaySecondsOf(config)]).toEqual([null, 30]);
    },
  );

  it('tells the bitrate and the length of the replay', () => {
    const config = {
      processing: [{ type: 'clock' }, { type: 'transcode', bitrateKbps: 3000 }],
      replaySeconds: 0,
    };
    expect([videoBitrateOf(config), replaySecondsOf(config)]).toEqual([3000, 0]);
  });
});
