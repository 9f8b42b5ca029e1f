import { describe, expect, it } from 'vitest';
import { renderMetrics } from '../../../main/api/metrics.ts';
import { outputExample, streamExample } from '../../../main/contract/api/examples.ts';
import { engineFacts } from '../../helpers/fakeApiPorts.ts';

/** One sample or comment per line, as the exposition format 0.0.4 has it. */
const LINE = /^(# (HELP|TYPE) [a-z0-9_]+ .+|[a-z0-9_]+(\{([a-z]+="([^"\\\n]|\\.)*",?)+\})? -?[0-9.e+-]+)$/;

describe('renderMetrics', () => {
  const text = renderMetrics(engineFacts, [
    {
      ...streamExample,
      name: 'Say "hi"\\\nnow',
      outputs: [outputExample, { ...outputExample, id: 'out_2', rttMs: null, state: 'retrying' }],
    },
  ]);

  it('is well-formed, with names and labels escaped', () => {
    for (const line of text.trimEnd().split('\n')) expect(line).toMatch(LINE);
    expect(text).toContain('name="Say \\"hi\\"\\\\\\nnow"');
    expect(text.endsWith('\n')).toBe(true);
  });

  it('describes each family once, before its samples', () => {
    const described = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]);
    expect(new Set(described).size).toBe(described.length);
    const sampled = new Set([...text.matchAll(/^([a-z0-9_]+)[ {]/gm)].map((match) => match[1]));
    expect([...sampled].sort()).toEqual(described.toSorted());
  });

  it('counts in base units and leaves out what is not known', () => {
    const labels = `stream="${streamExample.id}",output="${outputExample.id}",kind="rtmp"`;
    expect(text).toContain(`streamware_output_sent_bytes_total{${labels}} ${outputExample.bytesSent}\n`);
    expect(text).toContain(`streamware_output_queue_seconds{${labels}} 0.012\n`);
    expect(text).toContain(`streamware_output_kilobits_per_second{${labels}} 4630\n`);
    expect(text.match(/streamware_output_round_trip_seconds\{/g)).toHaveLength(1);
  });

  it('shows the state of each as one of a fixed set', () => {
    expect(text).toContain(
      'streamware_output_state{stream="str_4k2m9x7c0a",output="out_2",kind="rtmp",state="retrying"} 1',
    );
    expect(text).toContain(
      'streamware_output_state{stream="str_4k2m9x7c0a",output="out_2",kind="rtmp",state="live"} 0',
    );
  });

  it('has no family without samples when nothing streams', () => {
    expect(renderMetrics(engineFacts, [])).not.toContain('streamware_output');
  });
});
