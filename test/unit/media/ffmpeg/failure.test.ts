import { describe, expect, it } from 'vitest';
import { failureMeaning } from '../../../../main/media/ffmpeg/failure.ts';

/** Lines as ffmpeg 5.1.9 and 7.0.2 printed them at `-loglevel level+warning`. */
const cases: readonly (readonly [name: string, code: string, lines: readonly string[]])[] = [
  ['no such file, 5.1', 'input.not_found', ['[error] file:/nope.mp4: No such file or directory']],
  [
    'no such file, 7.0',
    'input.not_found',
    [
      '[in#0] [error] Error opening input: No such file or directory',
      '[error] Error opening input file file:/nope.mp4.',
      '[fatal] Error opening input files: No such file or directory',
    ],
  ],
  [
    'rubbish, 5.1',
    'input.unreadable',
    [
      '[mov,mp4,m4a,3gp,3g2,mj2] [warning] Format mov,mp4,m4a,3gp,3g2,mj2 detected only with low score of 1, misdetection possible!',
      '[mov,mp4,m4a,3gp,3g2,mj2] [error] moov atom not found',
      '[error] file:/random.mp4: Invalid data found when processing input',
    ],
  ],
  [
    'rubbish, 7.0',
    'input.unreadable',
    [
      '[in#0] [error] Error opening input: Invalid data found when processing input',
      '[error] Error opening input file file:/random.mp4.',
    ],
  ],
  [
    'a playlist in disguise',
    'input.refused',
    ["[hls] [error] Format not on whitelist 'mov,mp4,m4a,3gp'", '[error] file:/trojan.mp4: Invalid argument'],
  ],
  [
    'another protocol',
    'input.refused',
    [
      "[http] [error] Protocol 'http' not on whitelist 'file'!",
      '[error] http://127.0.0.1:9/x: Invalid argument',
    ],
  ],
  [
    'nobody listens, HTTP',
    'input.unreachable',
    [
      '[tcp] [error] Connection to tcp://127.0.0.1:9 failed: Connection refused',
      '[error] http://127.0.0.1:9/x: Connection refused',
    ],
  ],
  [
    'nobody listens, RTMP 7.0',
    'input.unreachable',
    [
      '[rtmp] [error] Cannot open connection tcp://127.0.0.1:9?tcp_nodelay=0',
      '[in#0] [error] Error opening input: Connection refused',
    ],
  ],
  [
    'nobody listens, SRT',
    'input.unreachable',
    [
      '[srt] [error] Connection to srt://127.0.0.1:9?connect_timeout=500 failed: Input/output error',
      '[error] srt://127.0.0.1:9?connect_timeout=500: Input/output error',
    ],
  ],
  [
    'no such name',
    'input.unreachable',
    [
      '[tcp] [error] Failed to resolve hostname nope.invalid: Name or service not known',
      '[error] http://nope.invalid/x: Input/output error',
    ],
  ],
  [
    'a server in trouble',
    'input.unreachable',
    ['[error] http://streamware.invalid/source: Server returned 5XX Server Error reply'],
  ],
  [
    'wrong password',
    'input.auth_rejected',
    [
      '[http] [error] HTTP error 401 Unauthorized',
      '[error] http://x/: Server returned 401 Unauthorized (authorization failed)',
    ],
  ],
  [
    'a playlist that names a file',
    'input.refused',
    [
      "[hls] [warning] Filename extension of '/etc/passwd' is not a common multimedia extension, blocked for security reasons.",
    ],
  ],
  [
    'a silent camera behind a script',
    'input.unreachable',
    [
      "[concat] [error] Impossible to open 'rtsp://127.0.0.1:28555/x'",
      '[error] pipe:0: Invalid data found when processing input',
    ],
  ],
  ['a silent sender', 'input.timeout', ['[error] rtmp://x/live: Connection timed out']],
  [
    'no display',
    'input.not_found',
    ['[x11grab] [error] Cannot open display :77, error 1.', '[error] :77: Input/output error'],
  ],
  [
    'beyond the screen',
    'input.refused',
    [
      '[x11grab] [error] Capture area 801x601 at position 3.5 outside the screen size 801x601',
      '[error] :77+3,5: Invalid argument',
    ],
  ],
  [
    'no camera',
    'input.not_found',
    ['[video4linux2,v4l2] [error] Cannot open video device /dev/video77: No such file or directory'],
  ],
  [
    'a camera in use',
    'input.busy',
    ['[video4linux2,v4l2] [error] ioctl(VIDIOC_STREAMON): Device or resource busy'],
  ],
  [
    'no picture, 5.1',
    'input.unreadable',
    ["[fatal] Stream map '0:v' matches no streams.", "To ignore this, add a trailing '?' to the map."],
  ],
  [
    'no graphics card, 5.1',
    'encoder.failed',
    [
      '[h264_nvenc] [error] Cannot load libcuda.so.1',
      '[error] Error initializing output stream 0:0 -- Error while opening encoder for output stream #0:0 - maybe incorrect parameters such as bit_rate, rate, width or height',
    ],
  ],
  [
    'no such encoder, 7.0',
    'encoder.failed',
    [
      "[vost#0:0] [fatal] Unknown encoder 'h264_nvenc'",
      '[vost#0:0] [fatal] Error selecting an encoder',
      '[fatal] Error opening output files: Encoder not found',
    ],
  ],
  [
    'a graphics card that went away',
    'encoder.failed',
    ['[h264_nvenc] [error] Failed locking bitstream buffer: invalid device (2)'],
  ],
];

describe('failureMeaning', () => {
  it.each(cases)('%s → %s', (_name, code, lines) => {
    expect(failureMeaning(lines)?.code).toBe(code);
  });

  it.each([
    ['nothing', []],
    ['harmless warnings', ['[flv] [warning] Failed to update header with correct duration.']],
    ['a damaged picture on the way', ['[h264] [error] error while decoding MB 12 3, bytestream -5']],
  ])('does not guess from %s', (_name, lines) => {
    expect(failureMeaning(lines)).toBeNull();
  });

  it('never repeats what the lines say', () => {
    const error = failureMeaning(['[error] rtmp://host/live/SECRETx7: Connection refused']);
    expect(JSON.stringify(error?.toProblem())).not.toContain('SECRET');
  });
});
