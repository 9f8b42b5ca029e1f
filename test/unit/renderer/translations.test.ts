import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../../main/contract/errors.ts';
import en from '../../../renderer/i18n/en.json' with { type: 'json' };
import pl from '../../../renderer/i18n/pl.json' with { type: 'json' };

const PLURAL = /_(?<form>zero|one|two|few|many|other)$/;
const english = flatten(en);
const polish = flatten(pl);
/** Keys as the code names them. */
const keys = new Set([...english.keys()].map((key) => key.replace(PLURAL, '')));
const code = readCode(fileURLToPath(new URL('../../../renderer', import.meta.url)));

describe('the two languages', () => {
  it('say the same things', () => {
    const polishKeys = new Set([...polish.keys()].map((key) => key.replace(PLURAL, '')));
    expect([...polishKeys].sort()).toEqual([...keys].sort());
  });

  it.each([
    ['en', english],
    ['pl', polish],
  ])('have every plural form in %s', (language, texts) => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const counted = [...texts.keys()].filter((key) => PLURAL.test(key)).map((key) => key.replace(PLURAL, ''));
    const missing = [...new Set(counted)].flatMap((key) =>
      forms.filter((form) => !texts.has(`${key}_${form}`)).map((form) => `${key}_${form}`),
    );
    expect(missing).toEqual([]);
  });

  it('fill in the same values', () => {
    const different = [...polish].filter(([key, text]) => {
      const other = english.get(key) ?? english.get(key.replace(PLURAL, '_other')) ?? '';
      return placeholders(text) !== placeholders(other);
    });
    expect(different).toEqual([]);
  });

  it.each([
    ['en', english],
    ['pl', polish],
  ])('leave no text empty in %s', (_language, texts) => {
    expect([...texts].filter(([, text]) => text.trim() === '')).toEqual([]);
  });
});

describe('the texts', () => {
  it('are there for every key the code names', () => {
    const named = [...code.matchAll(/\bt\(\s*'(?<key>[\w.]+)'/g)].map(({ groups }) => groups?.key ?? '');
    expect(named.length).toBeGreaterThan(80);
    expect(named.filter((key) => !keys.has(key))).toEqual([]);
  });

  it('are all used', () => {
    const quoted = new Set([...code.matchAll(/'(?<key>[\w.]+)'/g)].map(({ groups }) => groups?.key ?? ''));
    const families = [...code.matchAll(/`(?<start>[\w.]+)\.\$\{/g)].map(({ groups }) => `${groups?.start}.`);
    const unused = [...keys].filter(
      (key) => !quoted.has(key) && !families.some((start) => key.startsWith(start)),
    );
    expect(unused).toEqual([]);
  });

  it('explain every error a user can meet', () => {
    expect(
      errorCodes.filter((one) => !keys.has(`errors.${one}.title`) || !keys.has(`errors.${one}.hint`)),
    ).toEqual([]);
  });

  it('explain no error that does not exist', () => {
    const known = new Set<string>([...errorCodes, 'engine.unreachable']);
    const explained = [...keys].flatMap(
      (key) => /^errors\.(?<code>.+)\.title$/.exec(key)?.groups?.code ?? [],
    );
    expect(explained.filter((one) => !known.has(one))).toEqual([]);
  });
});

function flatten(tree: object, path = ''): Map<string, string> {
  return new Map(
    Object.entries(tree).flatMap(([name, value]: [string, unknown]) => {
      const key = path === '' ? name : `${path}.${name}`;
      return typeof value === 'object' && value !== null
        ? [...flatten(value, key)]
        : [[key, String(value)] as const];
    }),
  );
}

function placeholders(text: string): string {
  return [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map(([whole]) => whole))].sort().join();
}

function readCode(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
}
