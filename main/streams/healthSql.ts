/** The statements of the health tables. Numbers arrive as REAL, so whole ones are cast before they are divided. */

const measures =
  'bitrate_kbps, target_bitrate_kbps, fps, queue_ms, dropped_frames, frames_sent, bytes_sent, reconnects, rtt_ms, av_offset_ms, speed';

/** Rows that each stand for `samples` seconds, put together: averages weighted by them, the worst where an average would hide it. */
const together = `
  sum(samples) AS samples,
  max(state) AS state,
  sum(bitrate_kbps * samples) / sum(samples) AS bitrate_kbps,
  sum(target_bitrate_kbps * samples) / sum(samples) AS target_bitrate_kbps,
  sum(fps * samples) / sum(samples) AS fps,
  max(queue_ms) AS queue_ms,
  sum(dropped_frames) AS dropped_frames,
  sum(frames_sent) AS frames_sent,
  sum(bytes_sent) AS bytes_sent,
  sum(reconnects) AS reconnects,
  max(rtt_ms) AS rtt_ms,
  max(abs(av_offset_ms)) AS av_offset_ms,
  min(speed) AS speed`;

export const healthSql = {
  addSeries: 'INSERT OR IGNORE INTO health_series (stream_id, output_id) VALUES (?, ?)',
  addSecond: `INSERT OR REPLACE INTO health_seconds (series_id, at, state, ${measures})
    SELECT id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM health_series WHERE stream_id = ? AND output_id = ?`,
  /** The stream's own series has the empty output id and comes first. */
  listSeries: 'SELECT id, output_id FROM health_series WHERE stream_id = ? ORDER BY output_id',
  seconds: `-- health seconds
    SELECT at, state, ${measures} FROM health_seconds
    WHERE series_id = @series AND at >= @from AND at < @to ORDER BY at`,
  steps: `-- health steps
    SELECT at / CAST(@step AS INTEGER) * CAST(@step AS INTEGER) AS at, ${together} FROM (
      SELECT at, 1 AS samples, state, ${measures} FROM health_seconds
      WHERE series_id = @series AND at >= @from AND at < @to
      UNION ALL
      SELECT at, samples, state, ${measures} FROM health_minutes
      WHERE series_id = @series AND at >= @from AND at < @to
    ) GROUP BY 1 ORDER BY 1`,
  /** For ageing out. */
  oldestSeconds: `SELECT id, (SELECT min(at) FROM health_seconds WHERE series_id = health_series.id) AS oldest FROM health_series`,
  oldestMinutes: `SELECT id, (SELECT min(at) FROM health_minutes WHERE series_id = health_series.id) AS oldest FROM health_series`,
  rollUp: `INSERT OR IGNORE INTO health_minutes (series_id, at, samples, state, ${measures})
    SELECT series_id, at / 60000 * 60000, ${together} FROM (
      SELECT *, 1 AS samples FROM health_seconds WHERE series_id = @series AND at >= @from AND at < @to
    ) GROUP BY 1, 2`,
  removeSeconds: 'DELETE FROM health_seconds WHERE series_id = @series AND at >= @from AND at < @to',
  removeMinutes: 'DELETE FROM health_minutes WHERE series_id = @series AND at >= @from AND at < @to',
  removeEmptySeries: `DELETE FROM health_series WHERE
    NOT EXISTS (SELECT 1 FROM health_seconds WHERE series_id = health_series.id) AND
    NOT EXISTS (SELECT 1 FROM health_minutes WHERE series_id = health_series.id)`,
} as const;
