// Writes the documents that are made from the code: resources/docs/api.md. A test compares them with what is there.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiReference } from '../main/api/documents/reference.ts';

const path = fileURLToPath(new URL('../resources/docs/api.md', import.meta.url));
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, apiReference());
console.log(`wrote ${path}`);
