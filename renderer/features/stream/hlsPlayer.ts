/**
 * Plays an HLS address in a video element. hls.js is loaded on first use; a browser that cannot use it plays by itself.
 * @param onFatal called once when it cannot go on; the caller attaches anew
 * @returns the function that takes everything off the element again
 */
export function attachHls(element: HTMLVideoElement, url: string, onFatal: () => void): () => void {
  let isDetached = false;
  let release = (): void => undefined;
  const start = async (): Promise<void> => {
    const { default: Hls } = await import('hls.js');
    if (isDetached) return;
    if (!Hls.isSupported()) {
      element.src = ownAddress(url);
      release = () => element.removeAttribute('src');
      return;
    }
    const hls = new Hls({ liveSyncDurationCount: 2, backBufferLength: 30 });
    release = () => hls.destroy();
    hls.on(Hls.Events.ERROR, (_event, { fatal, type }) => {
      if (!fatal) return;
      if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else onFatal();
    });
    hls.loadSource(ownAddress(url));
    hls.attachMedia(element);
  };
  start().catch(onFatal);
  return () => {
    isDetached = true;
    release();
  };
}

/** The engine may call itself by another name (127.0.0.1) than this page does (localhost); it is the same one. */
function ownAddress(url: string): string {
  const { pathname, search } = new URL(url, location.origin);
  return pathname.startsWith('/live/') ? `${location.origin}${pathname}${search}` : url;
}
