import { describe, expect, it } from 'vitest';
import { SourceGeneration } from '../../../../main/media/relay/sourceGeneration.ts';
import { audioHeader, picture, sound, videoHeader } from './sampleTags.ts';

function waiting(): SourceGeneration {
  const generation = new SourceGeneration('a', {}, 0);
  for (const tag of [videoHeader(), audioHeader()]) generation.hold(tag, 0);
  return generation;
}

describe('a source that waits for its first key frame', () => {
  it('keeps only the sound right before it, however long it waits', () => {
    const generation = waiting();
    for (let at = 0; at < 600_000; at += 20) {
      generation.hold(sound(at, 100), at);
      generation.hold(picture('inter', at), at);
    }
    expect(generation.heldBytes).toBeLessThanOrEqual(20_000);
    generation.hold(picture('key', 600_000), 600_000);
    const held = generation.takeHeld();
    expect(held.at(-1)).toMatchObject({ kind: 'video', frame: 'key' });
    expect(held[0]?.timestampMs).toBeGreaterThanOrEqual(599_500);
    expect(held[0]?.timestampMs).toBeLessThan(599_600);
    expect(generation.heldBytes).toBe(0);
  });

  it('has no sound-only verdict as long as a picture may come', () => {
    const generation = waiting();
    for (let at = 0; at < 5000; at += 20) generation.hold(sound(at), at);
    expect(generation.findSoundOnly()).toBeNull();
    const radio = new SourceGeneration('radio', {}, 0);
    for (let at = 0; at <= 1480; at += 20) radio.hold(sound(at), at);
    expect(radio.findSoundOnly()).toBeNull();
    radio.hold(sound(1500), 1500);
    expect(radio.findSoundOnly()).toBe(1500);
  });
});
