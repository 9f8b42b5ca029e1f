import { describe, expect, it } from 'vitest';
import { readJsonBody } from '../../../main/api/jsonBody.ts';
import { StreamwareError } from '../../../main/contract/errors.ts';

const refusalOf = (bytes: Buffer | string): StreamwareError => {
  try {
    readJsonBody(Buffer.from(bytes));
  } catch (error) {
    if (error instanceof StreamwareError) return error;
  }
  throw new Error('it was not refused');
};

describe('the body of a request', () => {
  it('is its text and its value', () => {
    const body = readJsonBody(Buffer.from('{"name":"Müller 🎥","list":[1,null]}'));
    expect(body).toEqual({
      text: '{"name":"Müller 🎥","list":[1,null]}',
      value: { name: 'Müller 🎥', list: [1, null] },
    });
    expect(readJsonBody(Buffer.alloc(0))).toEqual({ text: '', value: undefined });
  });

  it('in another encoding is refused instead of being changed', () => {
    const { detail, hint } = refusalOf(Buffer.from('{"key":"M\u00fcller"}', 'latin1'));
    expect([detail, hint]).toEqual(['The body is not UTF-8.', 'Send the JSON in UTF-8.']);
    expect(refusalOf(Buffer.from('{"key":"x"}', 'utf16le')).code).toBe('request.invalid');
  });

  it('says where it is no JSON when that is known, and repeats none of it', () => {
    expect(refusalOf('{"key": "SECRETx7",\n "b": 1 2}').detail).toBe(
      'The body is not JSON (line 2 column 9).',
    );
    expect(refusalOf('SECRETx7').detail).not.toContain('SECRET');
    expect(refusalOf('{"key": "SECRETx7').detail).toMatch(/^The body is not JSON/);
  });

  it('with half of a character names the field', () => {
    const { detail, field } = refusalOf('{"output":[{"key":"a\\ud83d"}]}');
    expect([field, detail]).toEqual(['output.0.key', 'output.0.key holds half of a character']);
    expect(refusalOf('"\\udc00"').field).toBe('body');
    expect(refusalOf('{"input":{"\\ud800":1}}').field).toBe('input');
    expect(readJsonBody(Buffer.from('"\\ud83c\\udfa5"')).value).toBe('🎥');
    expect(readJsonBody(Buffer.from('"\\\\ud83c"')).value).toBe('\\ud83c');
  });

  it('with a reserved name is refused, however deep', () => {
    expect(refusalOf('{"a":{"b":[{"__proto__":{"admin":true}}]}}')).toMatchObject({
      field: 'a.b.0',
      detail: 'a.b.0 has a field with a reserved name',
    });
    const deep = `${'['.repeat(50_000)}{"__proto__":1}${']'.repeat(50_000)}`;
    expect(refusalOf(deep).field?.length).toBeLessThan(300);
  });
});
