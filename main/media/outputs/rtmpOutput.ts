/** The output kinds `rtmp` and `rtmps`: one connection to the server, and a second one where there is a backup ingest. */
import { StreamwareError } from '../../contract/errors.ts';
import type { Output } from '../../contract/outputs.ts';
import { createRtmpPublisher } from '../rtmp/rtmpPublisher.ts';
import {
  parseRtmpAddress,
  parseRtmpTarget,
  type RtmpAddress,
  type RtmpTarget,
  redactedTarget,
} from '../rtmp/rtmpUrl.ts';
import type { OutputContext, OutputDriver, OutputLeg } from './outputDriver.ts';
import { createRtmpFfmpegSessions } from './rtmpFfmpegOutput.ts';

type RtmpConfig = Extract<Output, { type: 'rtmp' | 'rtmps' }>;

/** @throws `request.invalid` with the field at fault */
export function createRtmpOutput(config: RtmpConfig, context: OutputContext): OutputDriver {
  const { url, key, username, password, backupUrl } = config;
  if (url === undefined) {
    throw new StreamwareError('request.invalid', {
      field: 'url',
      detail: 'The address of the server is missing.',
    });
  }
  const main = parseRtmpAddress({ url, key, username, password });
  const backup =
    backupUrl === undefined
      ? null
      : parseRtmpAddress(
          {
            url: backupUrl,
            key: key === undefined || key === '' ? main.key.reveal() : key,
            username,
            password,
          },
          { url: 'backupUrl', key: 'key' },
        );
  const createLeg = (id: string, address: RtmpAddress): OutputLeg => ({
    id,
    renditionId: context.renditionIds[0] ?? 'main',
    createSession: sessionFactory(config, address, context),
  });
  return {
    kind: config.type,
    target: redactedTarget(main.target),
    legs: [createLeg('main', main), ...(backup === null ? [] : [createLeg('backup', backup)])],
    status: () => ({ files: [], playbackPath: null, notices: [] }),
    finish: () => Promise.resolve(),
    remove: () => Promise.resolve(),
  };
}

function sessionFactory(
  config: RtmpConfig,
  address: RtmpAddress,
  context: OutputContext,
): OutputLeg['createSession'] {
  const { allowInsecureTls } = config;
  if (config.driver === 'ffmpeg') {
    return createRtmpFfmpegSessions({ ...address, allowInsecureTls }, context);
  }
  const { clock, logger, redactor } = context;
  const bitrateKbps = config.rendition?.bitrateKbps;
  /** Where the server asked to be called next; good for one attempt, then the configured address counts again. */
  let redirect: RtmpTarget | null = null;
  return () => {
    const target = redirect ?? address.target;
    redirect = null;
    return createRtmpPublisher({
      target,
      key: address.key,
      clock,
      logger,
      redactor,
      allowInsecureTls,
      ...(bitrateKbps === undefined ? {} : { bitrateKbps }),
      onReconnectRequest: (tcUrl: string | null): void => {
        redirect = tcUrl === null ? null : redirectTarget(tcUrl, address.target);
      },
    });
  };
}

/** Null for an address that cannot be read, and for one that would take the stream off its encrypted connection. */
function redirectTarget(tcUrl: string, original: RtmpTarget): RtmpTarget | null {
  try {
    const target = parseRtmpTarget(tcUrl);
    if (original.isSecure && !target.isSecure) return null;
    return { ...target, credentials: original.credentials };
  } catch {
    return null; // Then the next attempt goes to the configured address.
  }
}
