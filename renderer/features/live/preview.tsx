import { AspectRatio, Center, Paper, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Stream } from '../../../main/contract/streams.ts';

/** Plays the stream's own HLS output. hls.js is loaded on first use; browsers with native HLS do without. */
export function Preview({ stream }: { stream: Stream }) {
  const { t } = useTranslation();
  const playbackUrl = stream.outputs.find(
    (output) => output.playbackUrl !== null && output.state === 'live',
  )?.playbackUrl;
  const hasPreview = stream.outputs.some((output) => output.kind === 'hls');
  return (
    <Paper withBorder style={{ overflow: 'hidden' }}>
      <AspectRatio ratio={16 / 9}>
        {playbackUrl ? (
          <Player url={playbackUrl} label={t('live.preview')} />
        ) : (
          <Center bg="var(--mantine-color-dark-8)">
            <Text c="gray.5">{t(hasPreview ? 'live.previewWaiting' : 'live.noPreview')}</Text>
          </Center>
        )}
      </AspectRatio>
    </Paper>
  );
}

function Player({ url, label }: { url: string; label: string }) {
  const video = useRef<HTMLVideoElement>(null);
  const [generation, setGeneration] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation means: attach anew after a fatal error
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    let isGone = false;
    let detach = (): void => undefined;
    void attach(element, url, () =>
      setTimeout(() => !isGone && setGeneration((value) => value + 1), 1000),
    ).then((undo) => {
      if (isGone) undo();
      else detach = undo;
    });
    return () => {
      isGone = true;
      detach();
    };
  }, [url, generation]);
  return (
    <video
      ref={video}
      aria-label={label}
      muted
      autoPlay
      playsInline
      controls
      style={{ background: 'black' }}
    />
  );
}

async function attach(element: HTMLVideoElement, url: string, onFatal: () => void): Promise<() => void> {
  const { default: Hls } = await import('hls.js');
  if (!Hls.isSupported()) {
    element.src = url;
    return () => element.removeAttribute('src');
  }
  const hls = new Hls({ liveSyncDurationCount: 2, lowLatencyMode: false });
  hls.on(Hls.Events.ERROR, (_event, data) => {
    if (!data.fatal) return;
    hls.destroy();
    onFatal();
  });
  hls.loadSource(url);
  hls.attachMedia(element);
  return () => hls.destroy();
}
