/**
 * The demuxers an input may be read with. A list of what is allowed, not of what is not: everything that can open other
 * files or addresses (hls, concat, dash, sdp, image sequences, lavfi …) is absent, also what is added to ffmpeg later.
 * Each demuxer is named as `ffmpeg -demuxers` names it; the option matches any of its comma-separated names.
 */
const containers =
  'mov,mp4,m4a,3gp,matroska,webm,avi,asf,flv,live_flv,mpegts,mpeg,mxf,ogg,nut,rm,gif,apng,ivf,dv,wtv,swf,mpjpeg,yuv4mpegpipe';
const elementaryVideo = 'h264,hevc,av1,obu,m4v,mpegvideo,mjpeg,vc1';
const audio = 'mp3,aac,flac,wav,w64,aiff,caf,ac3,eac3,amr,amrnb,amrwb,dts,truehd,ape,tta,wv,au,loas,opus';
const stillPictures = 'png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe';

/** A file of the user's. */
export const fileFormats: string = `${containers},${elementaryVideo},${audio},${stillPictures}`;
/** From the network, where live playlists are what people have. Their parts come through the network gate as well. */
export const httpFormats: string = `${containers},${elementaryVideo},${audio},hls,dash,webvtt`;

/** Beginnings of text files that name other files. Told apart by hand for a clear answer; the lists above are what refuses them. */
const playlistBeginnings: readonly RegExp[] = [
  /^#EXTM3U/,
  /^ffconcat version/,
  /^(?:#[^\n]*\n|\s)*file\s+\S/,
  /^(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:MPD|smil|asx)\b/i,
  /^v=0\r?\n/,
  /^\[playlist\]/i,
  /^\[reference\]/i,
];

/** Whether these first bytes of a file are a list of other files rather than media. */
export function looksLikePlaylist(head: Buffer): boolean {
  const text = head
    .toString('latin1')
    .replace(/^\xEF\xBB\xBF/, '')
    .trimStart();
  return playlistBeginnings.some((beginning) => beginning.test(text));
}

/**
 * The demuxer that must be named for a file, or null where ffmpeg finds out by itself: it takes a JPEG with the usual ending
 * for one of a numbered row of pictures, which would be refused.
 */
export function formatToName(path: string, head: Buffer): string | null {
  const isJpeg = head.subarray(0, 3).equals(Buffer.from('ffd8ff', 'hex'));
  return isJpeg && /\.jpe?g$/i.test(path) ? 'jpeg_pipe' : null;
}
