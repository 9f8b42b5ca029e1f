/** Ends an exhaustive switch: the compiler refuses a forgotten case, and a value from outside that slipped through fails loudly. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
