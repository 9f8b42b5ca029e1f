import { AspectRatio, Center, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Stream } from '../../../main/contract/streams.ts';
import { attachHls } from './hlsPlayer.ts';

const RETRY_MS = 1000;

/** Plays the stream's own HLS output, as any viewer would get it. */
export function Preview({ stream }: { stream: Stream }) {
  const { t } = useTranslation();
  const hls = stream.outputs.find(({ kind, playbackUrl }) => kind === 'hls' && playbackUrl !== null);
  const isPlaying = hls?.state === 'live' && hls.playbackUrl !== null;
  return (
    <AspectRatio
      ratio={16 / 9}
      style={{ overflow: 'hidden', borderRadius: 8, background: '#07090c', maxHeight: '60vh' }}
    >
      {isPlaying && hls.playbackUrl ? (
        <Player url={hls.playbackUrl} label={t('preview.label', { name: stream.name })} />
      ) : (
        <Center p="lg">
          <Text c="#949eaa" ta="center" maw={360}>
            {t(`preview.${emptyReason(stream, hls !== undefined)}`)}
          </Text>
        </Center>
      )}
    </AspectRatio>
  );
}

function emptyReason(stream: Stream, hasHls: boolean): 'off' | 'none' | 'waiting' {
  if (stream.order === 'stopped') return 'off';
  return hasHls ? 'waiting' : 'none';
}

function Player({ url, label }: { url: string; label: string }) {
  const video = useRef<HTMLVideoElement>(null);
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt attaches anew
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const detach = attachHls(element, url, () => {
      timer = setTimeout(() => setAttempt((count) => count + 1), RETRY_MS);
    });
    return () => {
      clearTimeout(timer);
      detach();
    };
  }, [url, attempt]);
  return <video ref={video} aria-label={label} muted autoPlay playsInline controls />;
}
