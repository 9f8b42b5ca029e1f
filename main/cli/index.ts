#!/usr/bin/env node
/** The entry of the `streamware` command. What must come before anything else is loaded; then terminal.ts. */
import { holdYoungHeap } from '../lib/youngHeap.ts';

const OLDEST_NODE = 22;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(
    `streamware needs Node ${OLDEST_NODE} or newer; this is ${process.version}. Inside the project, npx streamware brings its own.\n`,
  );
  process.exit(1);
}

holdYoungHeap();
void import('./terminal.ts');
