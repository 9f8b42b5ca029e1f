/** Every row of the bench, in the order in which they run: what is measured, to what target, and how. */
import type { Row } from './row.ts';
import { measureBitrateChange } from './rows/bitrateChange.ts';
import { measureEncodeCpu } from './rows/encodeCpu.ts';
import { measureFaulty } from './rows/faulty.ts';
import { measureFrozen } from './rows/frozen.ts';
import { measureIdle } from './rows/idle.ts';
import { measureKilled } from './rows/killed.ts';
import { measureManyDestinations } from './rows/manyDestinations.ts';
import { measureMemory } from './rows/memory.ts';
import { measureRelayCpu } from './rows/relayCpu.ts';
import { measureSourceDies } from './rows/sourceDies.ts';
import { measureStart } from './rows/start.ts';

/**
 * Common to all: the engine is the built command as a process of its own with an empty data folder, steered over its API.
 * Receivers are nginx-rtmp servers on 127.0.0.1; what they recorded or counted is what is judged, never what a sender
 * says of itself. CPU is the scheduler's own account (/proc/PID/task/*∕schedstat) of the processes named, receivers and
 * publishers apart, over a steady window after a warm-up. Contenders run in turn, every other round backwards, and the
 * median of the rounds counts. Megabytes are 10^6 bytes.
 */
export const rows: readonly Row[] = [
  {
    name: 'relay-cpu',
    what: 'CPU of relaying one 6.2 Mbit/s stream to 10 RTMP destinations',
    target: '≤ 1.5 × nginx push, ≤ ⅓ of ffmpeg tee+fifo',
    how:
      'A prepared FLV file is published in real time by `ffmpeg -re -c copy`, in turn to: streamware (input ingest, step copy, ' +
      '10 RTMP outputs; whole process tree), nginx-rtmp with 10 push lines (master and worker), `ffmpeg -listen 1 … -c copy ' +
      '-f tee -use_fifo 1`, and a server from which ten `ffmpeg -c copy` play (the ten alone). 30 s of warm-up, a window of ' +
      '20 s, three rounds; the engine has relayed for a minute before. The rate at the slowest destination is given, so that nobody saves by not delivering.',
    measure: measureRelayCpu,
  },
  {
    name: 'memory',
    what: 'Memory per added destination',
    target: '≤ 1.5 MB each',
    how:
      'One stream of 2 Mbit/s; destinations are added over the API while it is live, to 10 and to 50. A minute after the start and 15 s after each step ' +
      'the median of ten readings of smaps_rollup of the engine process is taken. The difference is divided by the ' +
      'destinations added; the larger of resident and private memory is judged. Peers: 1 and 50 (push), 10 (tee), 2 (copies).',
    measure: measureMemory,
  },
  {
    name: 'encode-cpu',
    what: 'Encode 720p30 at 2.5 Mbit/s to 5 destinations, against the plain one-destination ffmpeg command',
    target: '≤ 1.10 × CPU',
    how:
      'The same looped 1280x720 file, x264 veryfast at 2500 kbit/s with a key frame each 2 s and AAC 128 kbit/s: streamware to ' +
      '5 RTMP outputs (whole process tree), ffmpeg to one. 6 s of warm-up, windows of 20 s, three rounds in turn.',
    measure: measureEncodeCpu,
  },
  {
    name: 'start',
    what: 'Start → first frame at the destination, the engine running',
    target: '≤ 1.2 × plain ffmpeg',
    how:
      'From the request to create the stream (ffmpeg: from the spawn) until the receiver has written its first video frame, ' +
      'looked for every 5 ms. 720p30 encode of a file and of a test picture, five rounds in turn; the very first start after ' +
      'the engine came up is among them.',
    measure: measureStart,
  },
  {
    name: 'killed',
    what: 'One of 5 destinations killed for 10 s',
    target: 'back ≤ 1.5 s after it listens again, from a key frame; 0 frames lost elsewhere',
    how:
      'streamware, ffmpeg tee+fifo (tuned) and nginx push send to the same five servers at the same time. One gets kill -9 and ' +
      'is started again after 10 s; from the moment its port accepts until it has recorded a video frame. The recordings of ' +
      'the other four and the engine’s own are compared packet by packet, by content and by decoding time. Three rounds.',
    measure: measureKilled,
  },
  {
    name: 'frozen',
    what: 'One destination frozen (SIGSTOP) for 90 s',
    target: 'noticed ≤ 15 s at 0.5 and 6 Mbit/s; stop ≤ 5 s; 0 frames lost elsewhere',
    how:
      'Streams of 0.5 and 6 Mbit/s with two healthy destinations and a recording each; noticed when the output leaves the state ' +
      'live. Both are stopped at the end of the freeze, a third one 5 s into it. Peers at 6 Mbit/s: when their TCP connection ' +
      'to the frozen server is given up, and how long tee+fifo takes to end on SIGINT. With --quick 30 s.',
    measure: measureFrozen,
  },
  {
    name: 'faulty',
    what: 'Destinations that refuse, reset, answer garbage, are slow (100 kB/s), have no name, never answer',
    target: '0 frames lost elsewhere, typed reason within 10 s',
    how:
      'All six at once on one 6 Mbit/s stream beside two healthy destinations and a recording. The time from the start of the ' +
      'stream to the first typed reason of each; a slow one may say it by counting dropped frames, too.',
    measure: measureFaulty,
  },
  {
    name: 'bitrate-change',
    what: 'Live bitrate change, test, file and screen source',
    target: '0 disconnects, 0 frames lost, in effect within 2 key-frame intervals',
    how:
      '2500 → 800 kbit/s at 640x360. From the last frame recorded when the change was asked for to the key frame of the first ' +
      'group of pictures that is nearer to the new rate than to the old. Lost are frames missing in the steps of the decoding ' +
      'time. The screen is an Xvfb with a moving picture; without Xvfb or ffplay it is left out, and that is said.',
    measure: measureBitrateChange,
  },
  {
    name: 'source-dies',
    what: 'The source dies: publisher killed, file at its end, encoder killed',
    target: 'slate within 2 s, same connections, timestamps monotonic',
    how: 'The longest time between two video frames arriving at the receiver, looked for every 5 ms, from the death on for 8 s.',
    measure: measureSourceDies,
  },
  {
    name: 'many',
    what: '50 destinations at 2 Mbit/s',
    target: 'all healthy on one core, event-loop delay p99 < 20 ms',
    how:
      'CPU of the whole process tree over 30 s; the p99 that the engine reports each second (the median of the seconds is judged, the ' +
      'worst is given); every health report of every output; the rate at the slowest destination by the receiver’s count.',
    measure: measureManyDestinations,
  },
  {
    name: 'idle',
    what: 'Engine idle',
    target: '< 0.5 % CPU, < 110 MB RSS',
    how: 'Nothing on air and nobody connected; 10 s after the start, over 30 s. CPU of the whole process tree.',
    measure: measureIdle,
  },
];
