/**
 * What a server means when it says no. Codes are standardised, their use is not: the description often carries the
 * reason, so both are read. A pure mapping; the text of the server is quoted only after it was scrubbed.
 * Source: RTMP 1.0, 7.2.1.1 and 7.2.2.6; Adobe's NetConnection and NetStream codes; Enhanced RTMP v2 (ReconnectRequest).
 */
import { type ErrorCode, StreamwareError } from '../../contract/errors.ts';
import type { Amf0Value } from './amf0.ts';
import { asObject, textOf } from './commandMessage.ts';

/** The information object of an `_error` or `onStatus`. */
export interface ServerStatus {
  readonly level: string;
  readonly code: string;
  readonly description: string;
  /** Where the server wants us instead. */
  readonly redirectUrl: string | null;
}

export type RejectedStep = 'connect' | 'createStream' | 'publish' | 'live';

const MAX_QUOTED_CHARACTERS = 200;
const BAD_KEY =
  /\bauth|unauthori[sz]|forbidden|denied|not allowed|permission|access ?manager|\b40[13]\b|(invalid|bad|wrong|unknown|expired|incorrect).{0,20}(key|token|credential|password|signature|stream name)|(key|token|signature).{0,20}(invalid|expired|not found|unknown|wrong)/i;
const TAKEN = /already|in use|busy|duplicate|being published|exists/i;

export function parseStatus(value: Amf0Value): ServerStatus {
  const info = asObject(value);
  const redirectUrl = textOf(asObject(info.ex), 'redirect') || textOf(info, 'redirect');
  return {
    level: textOf(info, 'level').toLowerCase(),
    code: textOf(info, 'code'),
    description: textOf(info, 'description'),
    redirectUrl: redirectUrl === '' ? null : redirectUrl,
  };
}

/** Nobody asked for it: the server has taken the stream off the air and only keeps the connection. */
export function endsPublishing({ code }: ServerStatus): boolean {
  return /^netstream\.unpublish\.success$/i.test(code);
}

export function isRefusal(status: ServerStatus): boolean {
  return (
    status.level === 'error' ||
    /\.(rejected|failed|badname|denied|unauthorized|invalidapp)$/i.test(status.code)
  );
}

/** The typed error for a refusal. `scrub` removes secrets from what the server said, which may repeat the key. */
export function rejectionError(
  status: ServerStatus,
  step: RejectedStep,
  scrub: (text: string) => string,
): StreamwareError {
  const said = scrub(`${status.code} ${status.description}`.replace(/[\p{Cc}\s]+/gu, ' ').trim());
  const quoted = said === '' ? 'nothing more' : `"${said.slice(0, MAX_QUOTED_CHARACTERS)}"`;
  return new StreamwareError(rejectionCode(status, step), { detail: `the server answered ${quoted}` });
}

function rejectionCode(status: ServerStatus, step: RejectedStep): ErrorCode {
  const { code, description } = status;
  if (/\.appshutdown$/i.test(code)) return 'destination.disconnected';
  if (TAKEN.test(description)) return 'destination.in_use';
  if (/\.(denied|unauthori[sz]ed)$/i.test(code) || BAD_KEY.test(description))
    return 'destination.auth_rejected';
  if (/\.badname$/i.test(code)) return 'destination.in_use';
  return step === 'live' ? 'destination.disconnected' : 'destination.publish_rejected';
}
