/** resources/docs/api.md: the same reference as /api/docs, for reading in the repository. Written by scripts/generateDocs.ts. */
import { endpointGroups, endpoints } from '../../contract/api/index.ts';
import type { Endpoint } from '../../contract/endpoint.ts';
import { type ErrorCode, errorCodes, errorRegistry } from '../../contract/errors.ts';
import { clientMessageSchema, EVENTS_PATH, serverMessageSchema } from '../../contract/events.ts';
import { typeOf } from './docsPage.ts';
import { buildOpenApi, errorsByStatus, type Json, type JsonObject } from './openapi.ts';

export function apiReference(): string {
  const openApi = buildOpenApi('1');
  const sections = [
    '<!-- Made by scripts/generateDocs.ts from main/contract. Change it there. -->',
    '# API reference',
    introduction,
    ...endpointGroups.flatMap(({ name, ids }) => [
      `## ${name}`,
      ...ids.map((id) => operation(endpoints[id], openApi)),
    ]),
    events(),
    '## Schemas',
    ...Object.entries((openApi.components as JsonObject).schemas as JsonObject).map(([name, schema]) =>
      schemaSection(name, schema),
    ),
    errors(),
  ];
  return `${sections.join('\n\n')}\n`;
}

const introduction = `Base address: \`http://127.0.0.1:7420\`. Send \`Authorization: Bearer <token>\`; the first token is in the file
\`api-token\` of the data folder, others are made with \`streamware token create --scope control\`. Scopes: \`read\`, \`control\` and
\`admin\`, each including those before it. Only \`admin\` may name absolute paths.

Bodies are \`application/json\`, at most 1 MB. Errors are \`application/problem+json\` with a stable \`code\`, the \`field\` at
fault, a \`hint\`, and an \`incident\` number when it was our fault. Lists come in pages: pass \`nextCursor\` as \`cursor\`. 6000 requests a minute
are served per token, 200 at once (\`serve --rate-limit\`); \`RateLimit-*\` headers tell what is left, and a 429 says in
\`Retry-After\` how long to wait.

A POST with an \`Idempotency-Key\` is carried out once within a day, however often it is sent, also when the engine was restarted
or killed in between. A repetition gets the first answer, status and body, with \`Idempotency-Replayed: true\`; while the first
is still going on it waits for it. Failures that may pass (429, 5xx) are not kept: the next try is carried out. The same key with another request
is a 422. A 409 \`request.idempotency_unknown\` says that the engine was ended while it carried the request out: look at what became
of it, then use a new key. Keys belong to one token; the newest 5000 are kept, their answers sealed like stream keys.
While the database cannot be used, keys hold until the engine ends.

\`\`\`sh
curl -H "Authorization: Bearer $(cat api-token)" http://127.0.0.1:7420/api/v1/streams
\`\`\`

A browser signs in with a one-time link (\`streamware open\`): it sets a cookie that script cannot read, and that counts
for changes only together with the studio's own \`Origin\`. Its name holds an id of the data folder, so that several engines
do not sign each other out. Cookies do not keep apart the ports of one host name, so a program on another port of this machine that you open in the same browser is sent it too.

The engine answers under the names of this machine's loopback alone (with \`serve --host\`, under any IP address too), and to no page
of another origin. \`serve --allowed-host studio.local\` adds a name; \`serve --allowed-origin https://dash.example\` lets the pages of one origin call the API and open the
WebSocket, with a token of their own: the session of the studio counts for nothing there. Several are given by repeating the flag; the
environment variables are listed by \`streamware help serve\`. A reverse proxy that shows the studio under a name of its own passes
\`Host\` on, and that name is allowed.

HLS is served below \`/live\`, without a token, to every page (CORS \`*\`). Nothing else is.`;

function operation(endpoint: Endpoint, openApi: JsonObject): string {
  const { method, path, scope, summary, description, example } = endpoint;
  const row = ((openApi.paths as JsonObject)[path] as JsonObject)[method.toLowerCase()] as JsonObject;
  const parameters = ((row.parameters as Json[]) ?? []).map((parameter) => {
    const { name, in: place, description: meaning = '', schema } = parameter as JsonObject;
    return `- \`${String(name)}\` (${String(place)}): ${plain(typeOf(schema ?? {}))}${meaning === '' ? '' : `. ${String(meaning)}`}`;
  });
  const body = schemaIn(row.requestBody);
  const response = schemaIn((row.responses as JsonObject)[String(endpoint.status)]);
  return [
    `### ${method} ${path}`,
    `${summary}. Scope: ${scope === 'none' ? 'no token needed' : `\`${scope}\``}.${description === '' ? '' : ` ${description}`}`,
    ...(parameters.length > 0 ? [parameters.join('\n')] : []),
    ...(body === null ? [] : bodyText(body)),
    ...(example.body === undefined ? [] : [fenced(example.body)]),
    `Answer ${endpoint.status}${response === null ? '' : `: ${plain(typeOf(response))}`}`,
    `Errors: ${
      errorsByStatus(endpoint)
        .flatMap(([, codes]) => codes)
        .filter((code) => endpoint.errors.includes(code))
        .map((code) => `\`${code}\``)
        .join(', ') || 'only those of every request'
    }`,
  ].join('\n\n');
}

function bodyText(body: Json): string[] {
  const isNamed = (body as JsonObject).properties === undefined;
  return isNamed ? [`Body: ${plain(typeOf(body))}`] : ['Body:', fields(body)];
}

function schemaIn(holder: Json | undefined): Json | null {
  const [media] = Object.values(
    ((holder as JsonObject | undefined)?.content as JsonObject | undefined) ?? {},
  );
  return media === undefined ? null : ((media as JsonObject).schema ?? null);
}

function schemaSection(name: string, schema: Json): string {
  const variants = ((schema as JsonObject).oneOf as Json[] | undefined) ?? [schema];
  return [`### ${name}`, ...variants.map(fields)].join('\n\n');
}

function fields(schema: Json): string {
  const { properties = {}, required = [] } = schema as { properties?: JsonObject; required?: string[] };
  const rows = Object.entries(properties).map(([name, field]) => {
    const { description = '', default: preset } = field as JsonObject;
    const type = `${plain(typeOf(field))}${required.includes(name) ? '' : ', optional'}${preset === undefined ? '' : `, default ${JSON.stringify(preset)}`}`;
    return `| \`${name}\` | ${cell(type)} | ${cell(String(description))} |`;
  });
  return ['| Field | Type | Meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function events(): string {
  const server = serverMessageSchema.options.map((option) => {
    const { type, at: _at, ...own } = option.shape;
    return `| \`${type.value}\` | ${Object.keys(own).join(', ')} | ${cell(option.description ?? '')} |`;
  });
  const client = clientMessageSchema.options.map(
    (option) =>
      `| \`${option.shape.type.value}\` | ${Object.keys(option.shape).slice(1).join(', ')} | ${cell(option.description ?? '')} |`,
  );
  return `## Events

A WebSocket at \`${EVENTS_PATH}\` carries one JSON object per message. The token goes into the \`Authorization\` header or, from a
browser, into the subprotocol: \`new WebSocket(url, ['streamware.v1', 'bearer.' + token])\`; never into the address. A connection
that says nothing gets every stream as it is, then \`streamChanged\`, \`streamDeleted\`, \`outputChanged\` and \`health\` of all
streams. A reader that falls 1 MB behind is dropped.

| From the engine | Fields beside \`type\` and \`at\` | When |
| --- | --- | --- |
${server.join('\n')}

| To the engine | Fields | Meaning |
| --- | --- | --- |
${client.join('\n')}

Closed with 1003: binary data. 1008: token revoked, over 100 subscriptions, over 20 messages a second, or ten that cannot be
used. 1009: a message over 64 kB. 1001: the engine stops.`;
}

function errors(): string {
  const everywhere: ErrorCode[] = errorCodes;
  const rows = everywhere.map((code) => {
    const { status, title, hint, retryable } = errorRegistry[code];
    return `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${cell(title)}. ${cell(hint)} |`;
  });
  return [
    '## Errors',
    ['| Code | Status | Retry helps | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n'),
  ].join('\n\n');
}

function fenced(value: unknown): string {
  return `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\``;
}

function plain(type: string): string {
  return type
    .replaceAll(/‹(\w+)›/g, '[$1](#$1)')
    .replaceAll(/#(\w+)\)/g, (_whole, name: string) => `#${name.toLowerCase()})`);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
