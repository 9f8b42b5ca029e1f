/** How each test media file is made. `{name}` stands for the path of another fixture it needs. */
export interface FixtureRecipe {
  readonly needs?: readonly string[];
  /** ffmpeg arguments without the output file. */
  readonly ffmpeg?: readonly string[];
  /** A program that makes the file whose name it gets. */
  readonly tool?: string;
  readonly text?: string;
  /** Other fixtures, joined as they are. */
  readonly parts?: readonly string[];
  readonly cutAtBytes?: number;
  readonly randomBytes?: number;
}

const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-pix_fmt', 'yuv420p'];
const testPicture = (size: string, fps = 25): string[] => [
  '-f',
  'lavfi',
  '-i',
  `testsrc2=s=${size}:r=${fps}`,
];
const tone = ['-f', 'lavfi', '-i', 'sine'];
const aac = ['-c:a', 'aac'];
const copyOf = (name: string, ...args: string[]): FixtureRecipe => ({
  needs: [name],
  ffmpeg: ['-i', `{${name}}`, ...args],
});
const sameAs = (name: string): FixtureRecipe => ({ needs: [name], parts: [name] });
/** Five seconds of MPEG-TS whose clock starts at `offsetSeconds`. */
const tsFrom = (offsetSeconds: number, seconds = 5): FixtureRecipe => ({
  ffmpeg: [
    ...testPicture('320x180'),
    ...tone,
    '-t',
    `${seconds}`,
    ...h264,
    ...aac,
    '-output_ts_offset',
    `${offsetSeconds}`,
    '-f',
    'mpegts',
  ],
});

export type FixtureName = keyof typeof fixtureRecipes;

export const fixtureRecipes = {
  /** 20 s, 640x360, 25 fps, H.264 with a key frame each 2 s, AAC 44.1 kHz mono. */
  'ok.mp4': { ffmpeg: [...testPicture('640x360'), ...tone, '-t', '20', ...h264, ...aac] },
  'ok.flv': copyOf('ok.mp4', '-c', 'copy'),
  /** 20 s at a steady 6 Mbit/s, for relay load without the cost of an encode. */
  '6mbit.flv': {
    ffmpeg: [
      ...[
        '-f',
        'lavfi',
        '-i',
        'testsrc2=s=640x360:r=30,noise=alls=40:allf=t',
        ...tone,
        '-t',
        '20',
        ...h264,
        '-g',
        '60',
      ],
      ...[
        '-b:v',
        '6M',
        '-minrate',
        '6M',
        '-maxrate',
        '6M',
        '-bufsize',
        '6M',
        '-x264-params',
        'nal-hrd=cbr',
        ...aac,
        '-ar',
        '48000',
        '-ac',
        '2',
      ],
    ],
  },
  /** A white flash and a beep at the start of each second, for avSync.ts. */
  'sync.mp4': {
    ffmpeg: [
      ...[
        '-f',
        'lavfi',
        '-i',
        "color=black:s=320x180:r=25,drawbox=t=fill:c=white:enable='lt(mod(t,1),0.12)'",
      ],
      ...['-f', 'lavfi', '-i', "sine=f=1000:r=44100,volume=0:enable='gte(mod(t,1),0.12)'"],
      ...['-t', '60', ...h264, ...aac, '-ac', '1'],
    ],
  },
  'noaudio.mp4': copyOf('ok.mp4', '-an', '-c', 'copy'),
  'audioonly.m4a': { ffmpeg: ['-f', 'lavfi', '-i', 'sine=r=44100', '-t', '20', '-ac', '1', ...aac] },
  /** Audio begins 10 s after the picture. */
  'lateaudio.mp4': {
    ffmpeg: [...testPicture('320x180'), '-itsoffset', '10', ...tone, '-t', '20', ...h264, ...aac],
  },
  /** 641x361 pixels. */
  'odd.png': {
    ffmpeg: [
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=700x400',
      '-vf',
      'format=rgb24,crop=641:361:0:0:exact=1',
      '-frames:v',
      '1',
    ],
  },
  'odd.mp4': {
    needs: ['odd.png'],
    ffmpeg: [
      '-loop',
      '1',
      '-r',
      '25',
      '-i',
      '{odd.png}',
      '-t',
      '10',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-pix_fmt',
      'yuv444p',
    ],
  },
  /** Upright only after a turn by 90 degrees. */
  'rot90.mp4': copyOf('ok.mp4', '-c', 'copy', '-metadata:s:v', 'rotate=90'),
  /** Frame rate between 12 and 60 fps, changing every 2 s; 44.1 kHz mono. */
  'vfr441mono.mp4': {
    ffmpeg: [
      ...testPicture('320x180', 60),
      ...['-f', 'lavfi', '-i', 'sine=r=44100', '-t', '20'],
      ...[
        '-vf',
        "select='not(mod(n,1+mod(floor(n/120),5)))'",
        '-vsync',
        'vfr',
        ...h264,
        '-ac',
        '1',
        '-ar',
        '44100',
        ...aac,
      ],
    ],
  },
  'hevc.mp4': {
    ffmpeg: [...testPicture('320x180'), '-t', '10', '-c:v', 'libx265', '-x265-params', 'log-level=error'],
  },
  'vp9.webm': {
    ffmpeg: [...testPicture('320x180'), '-t', '10', '-c:v', 'libvpx-vp9', '-deadline', 'realtime'],
  },
  /** A key frame every 60 s only. */
  'hugegop.mp4': {
    ffmpeg: [
      ...testPicture('320x180', 10),
      '-t',
      '60',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-g',
      '600',
      '-pix_fmt',
      'yuv420p',
    ],
  },
  /** The 33-bit clock of MPEG-TS wraps 10 s into it. */
  'wrap33.ts': tsFrom(95_433, 20),
  'from5000.ts': tsFrom(5_000),
  'from10.ts': tsFrom(10),
  /** The clock jumps back by 4 990 s in the middle. */
  'jump.ts': { needs: ['from5000.ts', 'from10.ts'], parts: ['from5000.ts', 'from10.ts'] },
  'trunc.mp4': { needs: ['ok.mp4'], parts: ['ok.mp4'], cutAtBytes: 30_000 },
  'random.mp4': { randomBytes: 200_000 },
  'empty.mp4': { randomBytes: 0 },
  /** A FIFO without a writer: opening it blocks for ever. */
  'pipe.mp4': { tool: 'mkfifo' },
  'it\'s a "🎥" clip; $(id) [x],y.mp4': sameAs('ok.mp4'),
  '-v.mp4': sameAs('ok.mp4'),
  'd 100%d/in.mp4': sameAs('ok.mp4'),
  'secret/s.ts': copyOf('ok.mp4', '-c', 'copy'),
  /** A playlist in disguise that points to another local file. */
  'trojan.mp4': {
    needs: ['secret/s.ts'],
    text: '#EXTM3U\n#EXT-X-TARGETDURATION:20\n#EXTINF:20,\n{secret/s.ts}\n#EXT-X-ENDLIST\n',
  },
} as const satisfies Record<string, FixtureRecipe>;
