export interface StreamAddress {
  readonly app: string;
  readonly key: string;
}

/**
 * Programs cut `rtmp://host/live/a/b?c` into application and stream name at different slashes, some with a stray slash or
 * a query on the application. This undoes it: the application is the first part, everything behind it the key.
 * Both are plain text to be compared; no path is ever made of them.
 */
export function streamAddress(app: string, name: string): StreamAddress {
  const withoutQuery = app.split('?', 1)[0] ?? '';
  const [first = '', ...more] = withoutQuery.split('/').filter((part, index) => index > 0 || part !== '');
  const inner = trimSlashes(more.join('/'));
  return { app: first, key: [inner, name.replace(/^\/+/, '')].filter((part) => part !== '').join('/') };
}

function trimSlashes(text: string): string {
  return text.replace(/^\/+|\/+$/g, '');
}
