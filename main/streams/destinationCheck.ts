import type { DestinationCheck } from '../contract/api/destinations.ts';
import { toStreamwareError } from '../contract/errors.ts';
import type { Output } from '../contract/outputs.ts';
import type { RenditionRequest } from '../contract/processing.ts';
import { resolveDestination } from './destinationAddress.ts';
import type { serviceOf } from './destinationCatalogue.ts';
import { ownEncode } from './encodeSharing.ts';
import { outputTarget } from './outputTarget.ts';
import { limitError, validateAgainstService } from './serviceLimits.ts';

/** What would be sent where, and what the service would say to it; nothing is connected. */
export function checkDestination(output: Output, program: RenditionRequest | undefined): DestinationCheck {
  const asked = { ...program, ...output.rendition };
  const place = findPlace(output);
  const limits = place.service ? validateAgainstService(asked, place.service) : [];
  const problems = [
    ...place.problems,
    ...limits.filter(({ severity }) => severity === 'error').map((limit) => limitError(limit).toProblem()),
  ];
  return {
    ok: problems.length === 0,
    kind: output.type,
    target: place.target,
    service: place.service?.id ?? null,
    hasKey: place.hasKey,
    sends: {
      videoCodec: asked.codec ?? 'h264',
      videoBitrateKbps: asked.bitrateKbps ?? null,
      audioBitrateKbps: asked.audioBitrateKbps ?? null,
      width: asked.width ?? null,
      height: asked.height ?? null,
      fps: asked.fps ?? null,
    },
    problems,
    notices: [
      ...limits.filter(({ severity }) => severity === 'warning').map(({ message }) => message),
      ...(limits.length > 0 && place.service ? [ownEncode(asked, place.service)] : []),
    ],
  };
}

interface Place {
  readonly service: ReturnType<typeof serviceOf>;
  readonly target: string;
  readonly hasKey: boolean;
  readonly problems: DestinationCheck['problems'];
}

function findPlace(output: Output): Place {
  if (output.type !== 'rtmp' && output.type !== 'rtmps' && output.type !== 'hls-push') {
    return { service: null, target: outputTarget(output), hasKey: false, problems: [] };
  }
  try {
    const destination = resolveDestination(output);
    const hasKey = destination.kind === 'rtmp' ? !destination.primary.key.isEmpty : (output.key ?? '') !== '';
    return { service: destination.service, target: destination.shown, hasKey, problems: [] };
  } catch (error) {
    return {
      service: null,
      target: outputTarget(output),
      hasKey: (output.key ?? '') !== '',
      problems: [toStreamwareError(error).toProblem()],
    };
  }
}
