import type { Output } from '../contract/outputs.ts';
import { resolveDestination } from './destinationAddress.ts';

/** The output with the address that its service has in the catalogue written out, so that media/ needs no catalogue. */
export function withExplicitAddress(output: Output): Output {
  if (output.type === 'hls-push') {
    return output.service === undefined
      ? output
      : { ...output, url: resolveDestination(output).addressOf('out.m3u8').reveal(), key: undefined };
  }
  if (output.type !== 'rtmp' && output.type !== 'rtmps') return output;
  if (output.service === undefined && output.url) return output;
  const { primary } = resolveDestination(output);
  return { ...output, url: primary.target.tcUrl, key: primary.key.reveal() };
}
