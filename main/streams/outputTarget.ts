import type { Output } from '../contract/outputs.ts';
import { redactPushUrl, redactUrl } from '../lib/urlRedaction.ts';

/** Where an output leads, for people, without secrets; as far as its configuration tells. */
export function outputTarget(output: Output): string {
  switch (output.type) {
    case 'rtmp':
    case 'rtmps':
      return output.url ? redactUrl(output.url) : (output.service ?? output.type);
    case 'hls-push':
      return output.url ? redactPushUrl(output.url) : (output.service ?? output.type);
    case 'srt':
      return redactUrl(output.url);
    case 'hls':
      return output.path ?? 'HLS';
    case 'file':
      return output.path ?? 'Recording';
  }
}
