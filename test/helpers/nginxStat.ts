/** Reads nginx-rtmp's statistics page. Its XML is flat and made by one program, so no parser is needed. */
export interface NginxStream {
  readonly app: string;
  readonly name: string;
  readonly isPublishing: boolean;
  /** Bytes received for this stream. */
  readonly bytesIn: number;
  readonly bandwidthInBps: number;
  /** What the publisher's metadata says; 0 when it sent none. */
  readonly frameRate: number;
  /** Publisher and players. */
  readonly clients: number;
}

/** Every stream on the page, in its order. */
export function parseNginxStat(xml: string): NginxStream[] {
  return blocks(xml, 'application').flatMap((application) => {
    const app = field(application, 'name');
    return blocks(application, 'stream').map((stream) => ({
      app,
      name: field(stream, 'name'),
      isPublishing: stream.includes('<publishing/>'),
      bytesIn: Number(field(stream, 'bytes_in')),
      frameRate: Number(field(stream, 'frame_rate')),
      bandwidthInBps: Number(field(stream, 'bw_in')),
      clients: Number(field(stream, 'nclients')),
    }));
  });
}

function blocks(xml: string, tag: string): string[] {
  return [...xml.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map((match) => match[1] ?? '');
}

function field(xml: string, tag: string): string {
  const text = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(xml)?.[1] ?? '';
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
