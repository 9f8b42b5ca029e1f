import type { Input } from '../../contract/inputs.ts';
import { concatString } from '../ffmpeg/args.ts';
import { type InputContext, type InputSource, singleSource } from './inputSource.ts';
import { httpFormats } from './mediaFormats.ts';
import { GATE_SOURCE_URL } from './networkGate.ts';

type NetworkInput = Extract<Input, { type: 'rtmp' | 'srt' | 'rtsp' }>;
type HttpInput = Extract<Input, { type: 'http' }>;

/** A picture is known only from its first key frame; analysis ends as soon as it is. */
const analysis = { analyzeduration: '9000000', fpsprobesize: '4' } as const;
/** A sender that says nothing for this long is given up; the stream then tries it again. */
const SILENCE_TIMEOUT_MICROSECONDS = 8_000_000;

/**
 * RTMP, SRT and RTSP addresses carry keys and passwords, so they must not stand in the process list: ffmpeg gets them
 * as a one-line script on its stdin. What the script names is opened with the options in it, and with nothing else.
 */
export function networkSource(input: NetworkInput): InputSource {
  const opening = openingOf(input);
  const lines = [
    'ffconcat version 1.0',
    `file ${concatString(opening.url)}`,
    ...Object.entries(opening.options).map(([name, value]) => `option ${name} ${concatString(value)}`),
  ];
  const allowed = `pipe,${opening.options.protocol_whitelist}`;
  return singleSource(
    {
      options: [
        ...['-f', 'concat', '-safe', '0', '-auto_convert', '0', '-protocol_whitelist', allowed],
        // Everything is known once the script's address was looked into; a second look would only take time.
        ...['-fpsprobesize', '0', '-analyzeduration', '100000'],
      ],
      url: 'pipe:0',
    },
    {
      stdinText: `${lines.join('\n')}\n`,
      secrets: secretsOf(opening.url, input.type === 'srt' ? input.passphrase : undefined),
    },
  );
}

interface ScriptedOpening {
  readonly url: string;
  readonly options: Readonly<Record<string, string>> & { readonly protocol_whitelist: string };
}

function openingOf(input: NetworkInput): ScriptedOpening {
  const timeout = `${SILENCE_TIMEOUT_MICROSECONDS}`;
  switch (input.type) {
    case 'rtmp':
      return {
        url: input.url,
        options: {
          protocol_whitelist: 'rtmp,rtmps,tcp,tls',
          format_whitelist: 'flv,live_flv',
          rw_timeout: timeout,
          ...analysis,
        },
      };
    case 'srt':
      return {
        url: input.url,
        options: {
          protocol_whitelist: 'srt,udp',
          format_whitelist: 'mpegts,flv,matroska,webm',
          timeout,
          connect_timeout: '4000',
          ...analysis,
          ...(input.passphrase === undefined ? {} : { passphrase: input.passphrase }),
        },
      };
    case 'rtsp':
      return {
        url: input.url,
        options: {
          protocol_whitelist: 'rtsp,rtsps,rtp,srtp,udp,tcp,tls',
          format_whitelist: 'rtsp',
          rtsp_transport: input.transport,
          timeout,
          ...analysis,
        },
      };
  }
}

/**
 * HTTP goes through the gate, which looks at every address that is asked for. The gate also knows the real one:
 * ffmpeg is given a placeholder and redirected, so that tokens and passwords stay out of the process list.
 */
export function httpSource(input: HttpInput, context: InputContext): InputSource {
  const protocols = 'http,https,tcp,tls,httpproxy,crypto';
  return singleSource(
    {
      options: [
        ...['-protocol_whitelist', protocols, '-format_whitelist', httpFormats],
        ...['-rw_timeout', `${SILENCE_TIMEOUT_MICROSECONDS}`],
      ],
      url: GATE_SOURCE_URL,
    },
    {
      pacing: 'when recorded',
      secrets: [...secretsOf(input.url), ...(context.gateUrl === null ? [] : [context.gateUrl])],
      // Not as an option: others may read those. A `no_proxy` of the user's must not lead around the gate.
      environment: { http_proxy: context.gateUrl ?? 'http://127.0.0.1:9', no_proxy: undefined },
    },
  );
}

function secretsOf(url: string, passphrase?: string): string[] {
  const address = /^[a-z]+:\/\/(?:(?<login>[^/?#]*)@)?[^/?#]*(?<rest>[^#]*)/i.exec(url)?.groups;
  const password = address?.login?.slice(address.login.indexOf(':') + 1);
  const query = address?.rest?.split('?')[1];
  const parts = [address?.login, password, query, passphrase];
  return parts.filter((part) => part !== undefined && part !== '') as string[];
}
