import { StreamwareError } from '../../contract/errors.ts';
import type { Input } from '../../contract/inputs.ts';
import {
  type InputContext,
  type InputOpening,
  type InputSource,
  singleSource,
  trustsRate,
} from './inputSource.ts';

type ScreenInput = Extract<Input, { type: 'screen' }>;

/** The picture of a screen or a part of it, by ffmpeg's own grabber of the system. There is no sound with it. */
export function screenSource(input: ScreenInput, context: InputContext): InputSource {
  const more = { hasSteadySize: true };
  if (context.platform === 'win32') return singleSource(windowsScreen(input), more);
  if (context.platform !== 'darwin') return singleSource(x11Screen(input, context.environment), more);
  const crop = region(input);
  return singleSource(macScreen(input), { ...more, ...(crop === null ? {} : { crop }) });
}

function x11Screen(input: ScreenInput, environment: NodeJS.ProcessEnv): InputOpening {
  const { x = 0, y = 0 } = input;
  return {
    options: [
      ...[
        '-f',
        'x11grab',
        ...trustsRate,
        '-framerate',
        `${input.fps}`,
        '-draw_mouse',
        input.showCursor ? '1' : '0',
      ],
      ...sizeOption(input),
    ],
    url: `${x11Display(input.display, environment)}+${x},${y}`,
  };
}

const X11_DISPLAY = /^[A-Za-z0-9._-]{0,128}:\d{1,5}(?:\.\d{1,3})?$/;

/** A whole display name, or the number of a screen of the display we run on. */
function x11Display(asked: string | undefined, environment: NodeJS.ProcessEnv): string {
  const own = environment.DISPLAY ?? ':0';
  const display =
    asked === undefined ? own : /^\d{1,3}$/.test(asked) ? `${own.replace(/\.\d+$/, '')}.${asked}` : asked;
  if (X11_DISPLAY.test(display)) return display;
  throw new StreamwareError('input.refused', {
    field: 'input.display',
    detail: 'This is not the name of an X11 display.',
    hint: 'Use a name such as :0 or :0.0, or leave it out for the display of this session.',
  });
}

function windowsScreen(input: ScreenInput): InputOpening {
  const { x = 0, y = 0 } = input;
  return {
    options: [
      ...[
        '-f',
        'gdigrab',
        ...trustsRate,
        '-framerate',
        `${input.fps}`,
        '-draw_mouse',
        input.showCursor ? '1' : '0',
      ],
      ...['-offset_x', `${x}`, '-offset_y', `${y}`],
      ...sizeOption(input),
    ],
    url: 'desktop',
  };
}

function macScreen(input: ScreenInput): InputOpening {
  const screen = input.display ?? '0';
  if (!/^\d{1,2}$/.test(screen)) {
    throw new StreamwareError('input.refused', {
      field: 'input.display',
      detail: 'On macOS a screen is named by its number.',
      hint: 'Use 0 for the main screen.',
    });
  }
  return {
    options: [
      ...['-f', 'avfoundation', ...trustsRate, '-framerate', `${input.fps}`],
      ...['-capture_cursor', input.showCursor ? '1' : '0'],
    ],
    url: `Capture screen ${screen}:none`,
  };
}

function sizeOption(input: ScreenInput): string[] {
  const { width, height } = input;
  return width === undefined || height === undefined ? [] : ['-video_size', `${width}x${height}`];
}

function region(input: ScreenInput): NonNullable<InputSource['crop']> | null {
  const { x = 0, y = 0, width, height } = input;
  return width === undefined || height === undefined ? null : { x, y, width, height };
}
