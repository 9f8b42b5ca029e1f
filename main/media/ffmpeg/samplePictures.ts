/** One grey picture of 64x64 in each codec, made by x265 and libaom: what a muxer is tried with. */
export const samplePictures: Readonly<Record<'hevc' | 'av1', { format: string; bytes: Buffer }>> = {
  hevc: {
    format: 'hevc',
    bytes: Buffer.from(
      'AAAAAUABDAH//wFgAAADAJAAAAMAAAMAHpWUCQAAAAFCAQEBYAAAAwCQAAADAAADAB6gIIEFllZUpMLwFoCAAAADAIAAAAMAhAAAAAFEAcBzwIkA' +
        'AAEoAaxO1x/7pyv6vg==',
      'base64',
    ),
  },
  av1: { format: 'obu', bytes: Buffer.from('EgAKCgAAAAKv/5tfIAgyCxAAwAAAAoAAAAms', 'base64') },
};
