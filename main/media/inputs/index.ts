/**
 * Inputs: how ffmpeg opens each kind, what it is allowed to open on the way, and what the encoder must know about it
 * (its pace, whether two may read it at once, whether it can be entered in the middle). One file per kind, all pure.
 * Not here: what is in an input (ffmpeg/probe.ts) and what is made of it (encoder/).
 */

import type { Input } from '../../contract/inputs.ts';
import { assertNever } from '../../lib/assertNever.ts';
import { cameraSource } from './cameraInput.ts';
import { fedSource } from './fedInput.ts';
import { fileSource } from './fileInput.ts';
import type { InputContext, InputSource } from './inputSource.ts';
import { httpSource, networkSource } from './networkInput.ts';
import { screenSource } from './screenInput.ts';
import { defaultTestPicture, type TestPicture, testSource } from './testInput.ts';

export type { InputContext, InputSource } from './inputSource.ts';

/**
 * How to open an input.
 * @param testPicture what the test scene should be drawn as; other inputs are as they are.
 * @throws `input.refused` for a device name that is none.
 */
export function inputSource(
  input: Input,
  context: InputContext,
  testPicture: TestPicture = defaultTestPicture,
): InputSource {
  switch (input.type) {
    case 'test':
      return testSource(input, testPicture, context);
    case 'file':
      return fileSource(input, context);
    case 'rtmp':
    case 'srt':
    case 'rtsp':
      return networkSource(input);
    case 'http':
      return httpSource(input, context);
    case 'screen':
      return screenSource(input, context);
    case 'camera':
      return cameraSource(input, context);
    case 'ingest':
      return fedSource();
    default:
      return assertNever(input);
  }
}
