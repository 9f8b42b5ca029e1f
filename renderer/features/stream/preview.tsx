import { Center, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Stream } from '../../../main/contract/streams.ts';
import { attachHls } from './hlsPlayer.ts';

const RETRY_MS = 1000;

/** Plays the stream's own HLS output, as any viewer would get it. */
export function Preview({ stream }: { stream: Stream }) {
  const { t } = useTranslation();
  const [isPlaying, setPlaying] = useState(false);
  const hls = stream.outputs.find(({ kind, playbackUrl }) => kind === 'hls' && playbackUrl !== null);
  const url = hls?.state === 'live' ? hls.playbackUrl : null;
  const isShown = url !== null && isPlaying;
  return (
    <div className="preview">
      {url !== null && (
        <Player url={url} label={t('preview.label', { name: stream.name })} onPlaying={setPlaying} />
      )}
      {!isShown && (
        <Center p="lg">
          <Text size="sm" ta="center" maw={360}>
            {t(`preview.${emptyReason(stream, hls !== undefined)}`)}
          </Text>
        </Center>
      )}
    </div>
  );
}

function emptyReason(stream: Stream, hasHls: boolean): 'off' | 'none' | 'waiting' {
  if (stream.order === 'stopped') return 'off';
  return hasHls ? 'waiting' : 'none';
}

interface PlayerProps {
  readonly url: string;
  readonly label: string;
  readonly onPlaying: (isPlaying: boolean) => void;
}

function Player({ url, label, onPlaying }: PlayerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [attempt, setAttempt] = useState(0);
  const [hasPicture, setPicture] = useState(false);
  const show = (isPlaying: boolean): void => {
    setPicture(isPlaying);
    onPlaying(isPlaying);
  };
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
  useEffect(() => () => onPlaying(false), [onPlaying]);
  return (
    <video
      ref={video}
      aria-label={label}
      muted
      autoPlay
      playsInline
      controls={hasPicture}
      onPlaying={() => show(true)}
      onEmptied={() => show(false)}
    />
  );
}
