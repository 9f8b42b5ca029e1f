import { describe, expect, it } from 'vitest';
import { muxerError } from '../../../../main/media/outputs/muxerErrors.ts';

const exit = (...lastLines: string[]): Parameters<typeof muxerError>[1] => ({
  code: 1,
  signal: null,
  wasAsked: false,
  lastLines,
});

/** Lines of ffmpeg 5.1.9 with `-loglevel level+warning`. */
describe('why a muxer ended', () => {
  it.each([
    [
      'file',
      'a full disk',
      'file.no_space',
      [
        '[error] av_interleaved_write_frame(): No space left on device',
        '[error] Error closing file file:x.mp4: No space left on device',
      ],
    ],
    [
      'file',
      'a folder that is gone',
      'file.not_writable',
      ['[error] file:/tmp/none/x.mp4: No such file or directory'],
    ],
    [
      'file',
      'a folder in the place of a file',
      'file.not_writable',
      ['[error] file:/tmp/ro: Is a directory'],
    ],
    ['file', 'no right to write', 'file.not_writable', ['[error] file:/x.mp4: Permission denied']],
    ['file', 'anything else', 'ffmpeg.exited', ['[error] Conversion failed!']],
    [
      'network',
      'a wrong passphrase',
      'destination.auth_rejected',
      [
        '01:42:30.366474/SRT:RcvQ:w1!W:SRT.cn: processAsyncConnectRequest: REJECT reported from HS processing: Incorrect passphrase - not processing further',
        '[srt @ 0x5649082d3dc0] [error] Connection to srt://127.0.0.1:29124?mode=caller failed: Input/output error',
      ],
    ],
    [
      'network',
      'no passphrase where one is needed',
      'destination.auth_rejected',
      ['…REJECT reported from HS processing: Password required or unexpected - not processing further'],
    ],
    [
      'network',
      'an SRT name that does not exist',
      'destination.name_not_found',
      [
        '[srt @ 0x562ff581aa40] [error] Failed to resolve hostname no-such-host.invalid: Name or service not known',
      ],
    ],
    [
      'network',
      'a closed RTMP port',
      'destination.refused',
      [
        '[tcp @ 0x55] [error] Connection to tcp://127.0.0.1:29132?tcp_nodelay=0 failed: Connection refused',
        '[error] rtmp://127.0.0.1:29132/: Connection refused',
      ],
    ],
    [
      'network',
      'a certificate nobody vouches for',
      'destination.tls',
      [
        '[tls] [error] Peer certificate failed verification',
        '[error] rtmps://127.0.0.1:24904/: Input/output error',
      ],
    ],
    [
      'network',
      'a broken pipe',
      'destination.disconnected',
      ['[error] av_interleaved_write_frame(): Broken pipe'],
    ],
    ['pipe', 'what a network target would say', 'ffmpeg.exited', ['[error] Connection refused']],
  ] as const)('%s: %s', (target, _, code, lines) => {
    expect(muxerError(target, exit(...lines), false).code).toBe(code);
  });

  it('an input/output error is a lost connection after data was taken, and silence before', () => {
    const lines = '[error] av_interleaved_write_frame(): Input/output error';
    expect(muxerError('network', exit(lines), true).code).toBe('destination.disconnected');
    expect(muxerError('network', exit(lines), false).code).toBe('destination.connect_timeout');
  });

  it('of an unknown kind quotes the last line, or says that there was none', () => {
    expect(muxerError('pipe', exit('first', 'the last', ''), false).detail).toContain('the last');
    const killed = { code: null, signal: 'SIGKILL', wasAsked: false, lastLines: [] } as const;
    expect(muxerError('pipe', { ...killed, lastLines: [] }, false).detail).toBe(
      'ffmpeg was ended by SIGKILL and said nothing.',
    );
  });
});
