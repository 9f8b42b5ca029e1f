import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from '../../../main/lib/secret.ts';

const CANARY = 'SECRETx7';

it.each([
  ['a template', (secret: Secret) => `${secret}`],
  ['concatenation', (secret: Secret) => `key ${String(secret)}`],
  ['JSON', (secret: Secret) => JSON.stringify({ secret, list: [secret] })],
  ['the console', (secret: Secret) => inspect({ secret }, { showHidden: true, depth: 10, getters: true })],
  ['a copy for another thread', (secret: Secret) => inspect(structuredClone({ secret }))],
  ['its own fields', (secret: Secret) => JSON.stringify({ ...secret, keys: Object.keys(secret) })],
  ['an error', (secret: Secret) => inspect(new Error(`refused ${secret}`, { cause: secret }))],
])('does not show in %s', (_where, print) => {
  expect(print(new Secret(CANARY))).not.toContain(CANARY);
});

it('is given to the one who asks for it', () => {
  expect(new Secret(CANARY).reveal()).toBe(CANARY);
  expect(new Secret('').isEmpty).toBe(true);
  expect(new Secret(' ').isEmpty).toBe(false);
});
