import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inputSchema } from '../../../main/contract/inputs.ts';
import { outputSchema } from '../../../main/contract/outputs.ts';
import { type StreamConfig, streamConfigSchema } from '../../../main/contract/streams.ts';
import { Redactor } from '../../../main/lib/redactor.ts';
import { SealedBox } from '../../../main/lib/sealedBox.ts';
import {
  redactConfig,
  restoreSecrets,
  sealConfig,
  secretFields,
  secretsOf,
  unsealConfig,
} from '../../../main/streams/secretFields.ts';

const box = new SealedBox(randomBytes(32));
const KEY = 'SECRETx7&tok=SECRETy8';

const outputs = [
  { id: 'a', type: 'rtmp', url: `rtmp://user:SECRETz9@h/live/${KEY}`, password: 'SECRETx7', username: 'ola' },
  { id: 'b', type: 'rtmps', service: 'youtube', key: KEY, backupUrl: `rtmps://b/live2/${KEY}` },
  {
    id: 'c',
    type: 'srt',
    url: 'srt://h:9000?streamid=SECRETx7&passphrase=SECRETy8&mode=caller',
    passphrase: 'SECRETx7-long',
    streamId: '#!::u=SECRETy8',
  },
  { id: 'd', type: 'hls-push', url: 'https://h/in/SECRETx7/a.m3u8?cid=SECRETy8', key: KEY },
  { id: 'e', type: 'hls' },
  { id: 'f', type: 'file', path: 'show.mkv' },
];
const inputs = [
  { type: 'ingest', key: KEY },
  { type: 'rtmp', url: `rtmp://u:SECRETz9@h/app/${KEY}` },
  { type: 'srt', url: 'srt://h:1?passphrase=SECRETx7-long', passphrase: 'SECRETy8-long' },
  { type: 'http', url: 'https://u:SECRETx7@h/a.m3u8?sig=SECRETy8' },
  { type: 'rtsp', url: 'rtsp://u:SECRETx7@h/cam?auth=SECRETy8' },
  { type: 'test' },
];

function config(input: unknown = inputs[0]): StreamConfig {
  return streamConfigSchema.parse({ input, output: outputs });
}

describe('the table of secret fields', () => {
  it.each([
    ['input', inputSchema],
    ['output', outputSchema],
  ] as const)('knows every field of an %s that looks secret', (part, schema) => {
    const missing = schema.options.flatMap((option) => {
      const types =
        option.shape.type instanceof z.ZodEnum ? option.shape.type.options : option.shape.type.values;
      return [...types].flatMap((type) => {
        const known = (secretFields[part] as Record<string, Record<string, unknown>>)[String(type)] ?? {};
        const telling = Object.keys(option.shape).filter((name) =>
          /url|key|pass|secret|token|streamid|auth|credential/i.test(name),
        );
        return telling.filter((name) => !(name in known)).map((name) => `${String(type)}.${name}`);
      });
    });
    expect(missing).toEqual([]);
  });
});

describe('a sealed configuration', () => {
  it.each(inputs)('shows no secret and opens to exactly what it was: input %j', (input) => {
    const before = config(input);
    const sealed = sealConfig(before, box, 'stream/1');
    expect(JSON.stringify(sealed)).not.toMatch(/SECRET/);
    expect(unsealConfig(JSON.parse(JSON.stringify(sealed)), box, 'stream/1')).toEqual(before);
  });

  it('tells a wrong key from damage, and names the field', () => {
    const sealed = sealConfig(config(), box, 'stream/1');
    const otherBox = new SealedBox(randomBytes(32));
    expect(() => unsealConfig(sealed, otherBox, 'stream/1')).toThrow(
      expect.objectContaining({ code: 'secret.wrong_key', field: 'input.key' }),
    );
    expect(() => unsealConfig(sealed, box, 'stream/2')).toThrow(
      expect.objectContaining({ code: 'secret.damaged' }),
    );
  });

  it.each([null, 'text', {}, { input: {}, output: [] }, { input: { type: 'test' }, output: 'x' }])(
    'that is no configuration at all is refused: %j',
    (rubbish) => {
      expect(() => unsealConfig(rubbish, box, 'p')).toThrow(
        expect.objectContaining({ code: 'secret.damaged' }),
      );
    },
  );

  it('that does not fit this version is refused with the field, not shown', () => {
    const sealed = { ...(sealConfig(config(), box, 'p') as object), input: { type: 'telepathy' } };
    expect(() => unsealConfig(sealed, box, 'p')).toThrow(
      expect.objectContaining({ code: 'request.invalid', field: 'input.type' }),
    );
  });
});

describe('a configuration that is shown', () => {
  it.each(inputs)('has no secret: input %j', (input) => {
    expect(JSON.stringify(redactConfig(config(input)))).not.toMatch(/SECRET/);
  });

  it('still says where things go', () => {
    const shown = redactConfig(config(inputs[3])) as StreamConfig;
    expect(shown.input).toMatchObject({ url: 'https://[redacted]@h/a.m3u8?sig=[redacted]' });
    expect(shown.output).toMatchObject([
      { url: 'rtmp://[redacted]@h/live/[redacted]', username: 'ola', password: '[redacted]' },
      { key: '[redacted]', backupUrl: 'rtmps://b/live2/[redacted]' },
      { url: 'srt://h:9000?streamid=[redacted]&passphrase=[redacted]&mode=caller' },
      { url: 'https://h/in/[redacted]' },
      { type: 'hls' },
      { path: 'show.mkv' },
    ]);
  });

  it('hides an address that is none: it may be the key in the wrong field', () => {
    const typed = streamConfigSchema.parse({
      input: { type: 'test' },
      output: [{ type: 'rtmp', url: 'SECRETx7' }],
    });
    expect(JSON.stringify(redactConfig(typed))).not.toMatch(/SECRET/);
  });

  it('leaves the original alone', () => {
    const original = config();
    redactConfig(original);
    expect(original).toEqual(config());
  });
});

it('tells the redactor every secret, so that none shows in any text', () => {
  const redactor = new Redactor();
  for (const input of inputs) for (const secret of secretsOf(config(input))) redactor.add(secret);
  const text = 'bad name SECRETx7, SECRETy8; password SECRETz9; SECRETx7-long SECRETy8-long';
  expect(redactor.scrub(text)).not.toMatch(/SECRET/);
});

describe('a configuration that comes back as it was shown', () => {
  it('gets its secrets back', () => {
    for (const input of inputs) {
      const before = config(input);
      const returned = streamConfigSchema.parse(redactConfig(before));
      expect(restoreSecrets(returned, before)).toEqual(before);
    }
  });

  it('follows its outputs when they change places, and takes new secrets where there are some', () => {
    const before = config();
    const shown = redactConfig(before) as StreamConfig;
    const [first, second] = shown.output;
    const returned = streamConfigSchema.parse({ ...shown, output: [{ ...second, key: 'new-key' }, first] });
    const after = restoreSecrets(returned, before);
    expect(after.output[0]).toMatchObject({ id: 'b', key: 'new-key', backupUrl: `rtmps://b/live2/${KEY}` });
    expect(after.output[1]).toEqual(before.output[0]);
  });

  it('is refused where [redacted] stands for nothing', () => {
    const before = config();
    const returned = streamConfigSchema.parse({
      input: { type: 'test' },
      output: [{ id: 'new', type: 'rtmp', url: 'rtmp://h/live', key: '[redacted]' }],
    });
    expect(() => restoreSecrets(returned, before)).toThrow(
      expect.objectContaining({ code: 'request.invalid', field: 'output.0.key' }),
    );
  });
});
