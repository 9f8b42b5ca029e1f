import { words } from '../ffmpeg/args.ts';
import { type InputSource, singleSource } from './inputSource.ts';

/**
 * What comes to us as tags, pushed by OBS or a phone (`ingest`) or composed in the studio (`studio`), is fed as FLV on
 * stdin. It begins with headers and a key frame, so little needs to be looked at before decoding can begin.
 */
export function fedSource(): InputSource {
  return singleSource(
    {
      options: words(
        '-protocol_whitelist pipe -f flv -probesize 1000000 -analyzeduration 700000 -fpsprobesize 0',
      ),
      url: 'pipe:0',
    },
    { isFed: true, probing: 'tags' },
  );
}
