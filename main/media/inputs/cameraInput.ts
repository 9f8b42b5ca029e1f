import { StreamwareError } from '../../contract/errors.ts';
import type { Input } from '../../contract/inputs.ts';
import {
  type InputContext,
  type InputOpening,
  type InputSource,
  singleSource,
  trustsRate,
} from './inputSource.ts';

type CameraInput = Extract<Input, { type: 'camera' }>;

/** A camera with, if asked, a microphone: two devices that are opened separately and mixed by their arrival times. */
export function cameraSource(input: CameraInput, context: InputContext): InputSource {
  const camera = cameraOpening(input, context);
  const common = { isExclusive: true, hasSteadySize: true };
  if (input.audioDevice === undefined) return singleSource(camera, common);
  const openings = [camera, microphoneOpening(input.audioDevice, context)];
  return { ...singleSource(camera, common), openings, audioOpening: 1 };
}

function cameraOpening(input: CameraInput, context: InputContext): InputOpening {
  const { width, height, fps } = input;
  const options = [
    ...trustsRate,
    ...(width === undefined || height === undefined ? [] : ['-video_size', `${width}x${height}`]),
    ...(fps === undefined ? [] : ['-framerate', `${fps}`]),
  ];
  switch (context.platform) {
    case 'win32':
      return {
        options: ['-f', 'dshow', '-rtbufsize', '64M', ...options],
        url: `video=${deviceName(input.device, 'input.device')}`,
      };
    case 'darwin':
      return {
        options: ['-f', 'avfoundation', ...(fps === undefined ? ['-framerate', '30'] : []), ...options],
        url: `${deviceName(input.device, 'input.device')}:none`,
      };
    default:
      return { options: ['-f', 'v4l2', ...options], url: v4l2Path(input.device) };
  }
}

function microphoneOpening(device: string, context: InputContext): InputOpening {
  const readOptions = ['-thread_queue_size', '512'];
  switch (context.platform) {
    case 'win32':
      return {
        options: ['-f', 'dshow'],
        readOptions,
        url: `audio=${deviceName(device, 'input.audioDevice')}`,
      };
    case 'darwin':
      return {
        options: ['-f', 'avfoundation'],
        readOptions,
        url: `none:${deviceName(device, 'input.audioDevice')}`,
      };
    default: {
      const format = microphoneFormat(device, context.abilities.demuxers.has('pulse'));
      return { options: ['-f', format], readOptions, url: device };
    }
  }
}

/** `/dev/video0`, `/dev/v4l/by-id/…`, or the number of a camera. */
function v4l2Path(device: string): string {
  if (/^\d{1,3}$/.test(device)) return `/dev/video${device}`;
  if (/^\/dev\/(?:video\d{1,3}|v4l\/(?:by-id|by-path)\/[\w.:+@-]+)$/.test(device)) return device;
  throw new StreamwareError('input.refused', {
    field: 'input.device',
    detail: 'This is not the path of a camera.',
    hint: 'Use a path such as /dev/video0, or its number.',
  });
}

const ALSA_DEVICE = /^(?:default|pulse|pipewire|sysdefault|(?:hw|plughw|dsnoop|sysdefault):[\w=,]{1,64})$/;
const PULSE_SOURCE = /^[\w.@-]{1,200}$/;

/** ALSA names are small programs that could also write files (`tee:`), so only those of real devices are taken. */
function microphoneFormat(device: string, hasPulse: boolean): 'pulse' | 'alsa' {
  if (hasPulse && PULSE_SOURCE.test(device)) return 'pulse';
  if (ALSA_DEVICE.test(device)) return 'alsa';
  throw new StreamwareError('input.refused', {
    field: 'input.audioDevice',
    detail: 'This is not the name of a microphone.',
    hint: 'Use default, hw:0,0 or the name from the list of devices.',
  });
}

/** dshow and avfoundation separate picture and sound by a colon, so a name cannot contain one. */
function deviceName(name: string, field: string): string {
  if (!name.includes(':')) return name;
  throw new StreamwareError('input.refused', {
    field,
    detail: 'The name of a device cannot contain a colon.',
    hint: 'Use the name from the list of devices.',
  });
}
