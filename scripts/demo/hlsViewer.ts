// A viewer of the HLS page: fetches the playlist and every new segment over HTTP, as a player does, and keeps them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { continuity, packets } from '../../test/helpers/mediaPackets.ts';

export interface Viewing {
  readonly frames: number;
  readonly segments: number;
  /** Longest step between two frames, over all segments, milliseconds. */
  readonly longestStepMs: number;
}

export class HlsViewer {
  readonly #folder: string;
  readonly #seen = new Set<string>();
  readonly #files: string[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Fetches what is new. Before the first segment there is no playlist: then nothing happens. */
  async fetchNew(playlistUrl: string): Promise<void> {
    const playlist = await fetch(playlistUrl);
    if (!playlist.ok) return;
    const names = (await playlist.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const name of names) {
      const url = new URL(name, playlistUrl).href;
      if (this.#seen.has(url)) continue;
      this.#seen.add(url);
      if (/\.m3u8(\?|$)/.test(url)) {
        this.#seen.delete(url);
        await this.fetchNew(url);
        continue;
      }
      const file = join(this.#folder, `viewed-${String(this.#files.length).padStart(4, '0')}.ts`);
      const segment = await fetch(url);
      if (!segment.ok) throw new Error(`segment ${name}: ${segment.status}`);
      await writeFile(file, Buffer.from(await segment.arrayBuffer()));
      this.#files.push(file);
    }
  }

  async count(): Promise<Viewing> {
    const tracks = await Promise.all(this.#files.map(async (file) => (await packets(file)).video));
    const all = tracks.flat();
    return {
      frames: all.length,
      segments: tracks.length,
      longestStepMs: Math.round(continuity(all).biggestGapMs),
    };
  }
}
