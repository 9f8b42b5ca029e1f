/**
 * The media files of the bench: made by ffmpeg once and kept in the system's temporary folder, named after their recipes.
 * The relay material is coded already, so that publishing it costs no encode; the encode material is quick to decode.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { runTool } from '../helpers/childProcess.ts';

const tone = ['-f', 'lavfi', '-i', 'sine=f=440:r=48000'];
const stereo = ['-c:a', 'aac', '-b:a', '128k', '-ac', '2', '-ar', '48000'];

/** Steady H.264 with a key frame every 2 s and AAC, noisy enough that the rate is really needed. */
function steadyFlv(videoKbps: number, size: string, seconds = 20): readonly string[] {
  const rate = `${videoKbps}k`;
  return [
    ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=30,noise=alls=40:allf=t`, ...tone, '-t', `${seconds}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '60', '-keyint_min', '60'],
    ...['-sc_threshold', '0', '-b:v', rate, '-minrate', rate, '-maxrate', rate, '-bufsize', rate],
    ...['-x264-params', 'nal-hrd=cbr', ...stereo],
  ];
}

/** A moving picture to be encoded anew: 30 fps, sparing for the decoder. */
function picture(size: string, seconds: number): readonly string[] {
  return [
    ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=30`, ...tone, '-t', `${seconds}`],
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-crf',
      '20',
      '-pix_fmt',
      'yuv420p',
      '-g',
      '60',
      ...stereo,
    ],
  ];
}

const recipes = {
  'relay-500k.flv': steadyFlv(372, '320x180'),
  'relay-2m.flv': steadyFlv(1872, '640x360'),
  'relay-6m.flv': steadyFlv(6072, '640x360'),
  'picture-720p30.mp4': picture('1280x720', 30),
  'picture-360p30.mp4': picture('640x360', 30),
  'short-360p30.mp4': picture('640x360', 8),
} as const satisfies Record<string, readonly string[]>;

export type MaterialName = keyof typeof recipes;

/** Frames per second of all of it. */
export const MATERIAL_FPS = 30;

/** The path of a file, made now if need be. */
export async function material(name: MaterialName): Promise<string> {
  const version = createHash('sha1').update(recipes[name].join(' ')).digest('hex').slice(0, 10);
  const folder = join(tmpdir(), `streamware-bench-${version}`);
  const path = join(folder, name);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const target = join(folder, `making-${randomBytes(6).toString('hex')}${extname(name)}`);
  try {
    await runTool('ffmpeg', ['-nostdin', '-y', '-v', 'error', ...recipes[name], target]);
    renameSync(target, path);
  } finally {
    rmSync(target, { force: true });
  }
  return path;
}
