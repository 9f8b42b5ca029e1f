import type { Migration } from './index.ts';

/** Streams as they are wanted, their broadcasts, what happened in them, and how they were second by second. Frozen. */
export const streams: Migration = {
  version: 10,
  sql: `
    CREATE TABLE streams (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      config TEXT NOT NULL CHECK (json_valid(config)), -- secrets inside are sealed
      stream_order TEXT NOT NULL CHECK (stream_order IN ('live', 'stopped')),
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE outputs (
      stream_id TEXT NOT NULL REFERENCES streams (id) ON DELETE CASCADE,
      id TEXT NOT NULL,
      output_order TEXT NOT NULL CHECK (output_order IN ('on', 'off')),
      PRIMARY KEY (stream_id, id)
    ) STRICT, WITHOUT ROWID;

    -- No reference to streams: what was broadcast stays when the stream is deleted.
    CREATE TABLE broadcasts (
      id TEXT PRIMARY KEY,
      stream_id TEXT NOT NULL,
      name TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      ended_at INTEGER,
      end_reason TEXT,
      summary TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(summary))
    ) STRICT;
    CREATE INDEX broadcasts_by_start ON broadcasts (started_at, id);
    CREATE INDEX broadcasts_by_stream ON broadcasts (stream_id, started_at, id);
    CREATE INDEX broadcasts_on_air ON broadcasts (started_at) WHERE ended_at IS NULL;

    -- No reference to broadcasts: an event is never refused because something else was not saved.
    CREATE TABLE timeline_events (
      id INTEGER PRIMARY KEY,
      broadcast_id TEXT NOT NULL,
      stream_id TEXT NOT NULL,
      output_id TEXT,
      at INTEGER NOT NULL,
      kind TEXT NOT NULL,
      severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
      message TEXT NOT NULL,
      data TEXT NOT NULL CHECK (json_valid(data))
    ) STRICT;
    CREATE INDEX timeline_events_by_broadcast ON timeline_events (broadcast_id, id);
    CREATE INDEX timeline_events_by_stream ON timeline_events (stream_id, id);
    CREATE INDEX timeline_events_by_time ON timeline_events (at);

    -- One series per stream (output_id '') and per output. The number keeps the rows below small.
    CREATE TABLE health_series (
      id INTEGER PRIMARY KEY,
      stream_id TEXT NOT NULL,
      output_id TEXT NOT NULL,
      UNIQUE (stream_id, output_id)
    ) STRICT;

    CREATE TABLE health_seconds (
      series_id INTEGER NOT NULL REFERENCES health_series (id) ON DELETE CASCADE,
      at INTEGER NOT NULL,
      state INTEGER NOT NULL, -- see healthStates; a greater number is a worse state
      bitrate_kbps REAL NOT NULL,
      target_bitrate_kbps REAL,
      fps REAL NOT NULL,
      queue_ms REAL,
      dropped_frames INTEGER NOT NULL, -- these four within this second, not since the start
      frames_sent INTEGER NOT NULL,
      bytes_sent INTEGER NOT NULL,
      reconnects INTEGER NOT NULL,
      rtt_ms REAL,
      av_offset_ms REAL,
      speed REAL,
      PRIMARY KEY (series_id, at)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE health_minutes (
      series_id INTEGER NOT NULL REFERENCES health_series (id) ON DELETE CASCADE,
      at INTEGER NOT NULL,
      samples INTEGER NOT NULL,
      state INTEGER NOT NULL,
      bitrate_kbps REAL NOT NULL,
      target_bitrate_kbps REAL,
      fps REAL NOT NULL,
      queue_ms REAL,
      dropped_frames INTEGER NOT NULL,
      frames_sent INTEGER NOT NULL,
      bytes_sent INTEGER NOT NULL,
      reconnects INTEGER NOT NULL,
      rtt_ms REAL,
      av_offset_ms REAL,
      speed REAL,
      PRIMARY KEY (series_id, at)
    ) STRICT, WITHOUT ROWID;
  `,
};
