/** The browsable reference at /api/docs: one page, made from the OpenAPI document, without script and without anything from elsewhere. */
import { type EndpointId, endpointGroups, endpoints } from '../../contract/api/index.ts';
import type { Endpoint } from '../../contract/endpoint.ts';
import { errorCodes, errorRegistry } from '../../contract/errors.ts';
import { serverMessageSchema } from '../../contract/events.ts';
import type { Json, JsonObject } from './openapi.ts';
import { escapeHtml, page } from './page.ts';

export function docsPage(openApi: JsonObject): string {
  const schemas = ((openApi.components as JsonObject).schemas as JsonObject) ?? {};
  const groups = endpointGroups.map(
    ({ name, ids }) =>
      `<h2 id="${anchor(name)}">${escapeHtml(name)}</h2>\n${ids.map((id) => operation(id, openApi)).join('\n')}`,
  );
  const body = [
    `<h1>streamware API</h1>`,
    `<p class="quiet">Version ${escapeHtml(String((openApi.info as JsonObject).version))} · <a href="/api/v1/openapi.json">openapi.json</a> · <a href="/">Studio</a></p>`,
    introduction,
    `<nav>${[...endpointGroups.map(({ name }) => name), 'Events', 'Schemas', 'Errors'].map((name) => `<a href="#${anchor(name)}">${escapeHtml(name)}</a>`).join('')}</nav>`,
    ...groups,
    `<h2 id="events">Events</h2>`,
    eventsText,
    eventsTable(),
    `<h2 id="schemas">Schemas</h2>`,
    ...Object.entries(schemas).map(([name, schema]) => schemaDetails(name, schema)),
    `<h2 id="errors">Errors</h2>`,
    errorsTable(),
  ];
  return page('streamware API', body.join('\n'));
}

const introduction = `<p>Send <code>Authorization: Bearer &lt;token&gt;</code>. The first token is in the file <code>api-token</code> of the data folder;
make others with <code>streamware token create --scope control</code>. Bodies are JSON. Errors are <code>application/problem+json</code> with a stable
<code>code</code>. Lists come in pages: pass <code>nextCursor</code> as <code>cursor</code>. A POST with an <code>Idempotency-Key</code> can be sent again safely,
also after the engine was restarted.</p>
<pre>curl -H "Authorization: Bearer $(cat api-token)" http://127.0.0.1:7420/api/v1/streams</pre>`;

const eventsText = `<p>Open a WebSocket at <code>/v1/streams</code>, with the same header or, in a browser, with the subprotocols
<code>streamware.v1</code> and <code>bearer.&lt;token&gt;</code>. One JSON object per message.</p>
<pre>const socket = new WebSocket('ws://127.0.0.1:7420/v1/streams', ['streamware.v1', 'bearer.' + token]);
socket.onmessage = ({ data }) =&gt; console.log(JSON.parse(data));
socket.onopen = () =&gt; socket.send(JSON.stringify({ type: 'subscribe', types: ['health'], everyMs: 5000 }));</pre>`;

function operation(id: EndpointId, openApi: JsonObject): string {
  const endpoint: Endpoint = endpoints[id];
  const { method, path, summary, description, scope } = endpoint;
  const row = ((openApi.paths as JsonObject)[path] as JsonObject)[method.toLowerCase()] as JsonObject;
  const parts = [
    description === '' ? '' : `<p>${escapeHtml(description)}</p>`,
    parametersTable((row.parameters as Json[]) ?? []),
    content('Request', row.requestBody as JsonObject | undefined),
    ...Object.entries(row.responses as JsonObject).map(([status, response]) =>
      answer(status, response as JsonObject),
    ),
  ];
  return `<details id="${id}"><summary><span class="method">${method}</span> <span class="path">${escapeHtml(path)}</span> ${escapeHtml(summary)}<span class="tag">${
    scope === 'none' ? 'no token' : scope
  }</span></summary><div>${parts.join('\n')}</div></details>`;
}

function parametersTable(parameters: Json[]): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map((parameter) => {
    const { name, in: place, required, description = '', schema } = parameter as JsonObject;
    return `<tr><td><code>${escapeHtml(String(name))}</code></td><td>${String(place)}${required ? ', needed' : ''}</td><td>${escapeHtml(typeOf(schema ?? {}))}</td><td>${escapeHtml(String(description))}</td></tr>`;
  });
  return `<h3>Parameters</h3><table><tr><th>Name</th><th>In</th><th>Type</th><th>Meaning</th></tr>${rows.join('')}</table>`;
}

function answer(status: string, response: JsonObject): string {
  if (status.startsWith('2'))
    return (
      content(`Answer ${status}`, response) || `<h3>Answer ${status}</h3><p class="quiet">No content.</p>`
    );
  return `<h3>${status}</h3><p>${escapeHtml(String(response.description))
    .replaceAll('\n', '<br>')
    .replaceAll(/`([^`]+)`/g, '<a href="#$1"><code>$1</code></a>')}</p>`;
}

function content(title: string, holder: JsonObject | undefined): string {
  const [media] = Object.values((holder?.content as JsonObject | undefined) ?? {});
  if (!media) return '';
  const { schema = {}, example } = media as JsonObject;
  const shown = example === undefined ? '' : `<pre>${escapeHtml(JSON.stringify(example, null, 2))}</pre>`;
  return `<h3>${title}</h3><p>${linked(typeOf(schema))}</p>${fieldsTable(schema)}${shown}`;
}

function schemaDetails(name: string, schema: Json): string {
  const variants = ((schema as JsonObject).oneOf as Json[] | undefined) ?? [schema];
  const tables = variants.map(
    (variant) => `<h3>${escapeHtml(variantName(variant))}</h3>${fieldsTable(variant)}`,
  );
  return `<details id="${name}"><summary>${name}</summary><div>${tables.join('')}</div></details>`;
}

function variantName(schema: Json): string {
  const type = (((schema as JsonObject).properties as JsonObject | undefined)?.type ?? {}) as JsonObject;
  return type.const !== undefined ? String(type.const) : ((type.enum as Json[] | undefined) ?? []).join(', ');
}

function fieldsTable(schema: Json): string {
  const { properties, required = [] } = schema as { properties?: JsonObject; required?: string[] };
  if (!properties) return '';
  const rows = Object.entries(properties).map(([name, field]) => {
    const { description = '', default: preset } = field as JsonObject;
    const note = [String(description), preset === undefined ? '' : `Default: ${JSON.stringify(preset)}.`]
      .filter(Boolean)
      .join(' ');
    return `<tr><td><code>${escapeHtml(name)}</code>${required.includes(name) ? '' : ' <span class="quiet">optional</span>'}</td><td>${linked(typeOf(field))}</td><td>${escapeHtml(note)}</td></tr>`;
  });
  return `<table><tr><th>Field</th><th>Type</th><th>Meaning</th></tr>${rows.join('')}</table>`;
}

/** A schema in a few words. Names of schemas stand between ‹ and ›. */
export function typeOf(schema: Json): string {
  const {
    $ref,
    type,
    const: constant,
    enum: values,
    items,
    oneOf,
    anyOf,
    properties,
    minimum,
    maximum,
  } = schema as JsonObject;
  if (typeof $ref === 'string') return `‹${$ref.split('/').at(-1)}›`;
  if (constant !== undefined) return JSON.stringify(constant);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ');
  const union = (oneOf ?? anyOf) as Json[] | undefined;
  if (union) return union.map(typeOf).join(' | ');
  if (type === 'array') return `list of ${typeOf(items ?? {})}`;
  if (type === 'object')
    return properties ? `object with ${Object.keys(properties as JsonObject).join(', ')}` : 'object';
  if (type === undefined) return 'anything';
  return `${Array.isArray(type) ? type.join(' | ') : String(type)}${range(minimum, maximum)}`;
}

function range(minimum: Json | undefined, maximum: Json | undefined): string {
  const low = typeof minimum === 'number' && minimum > Number.MIN_SAFE_INTEGER ? minimum : null;
  const high = typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER ? maximum : null;
  if (low === null && high === null) return '';
  if (low !== null && high !== null) return ` ${low} to ${high}`;
  return low !== null ? ` from ${low}` : ` up to ${high}`;
}

function linked(type: string): string {
  return escapeHtml(type).replaceAll(/‹(\w+)›/g, '<a href="#$1">$1</a>');
}

function eventsTable(): string {
  const rows = serverMessageSchema.options.map((option) => {
    const { type, at: _at, ...fields } = option.shape;
    return `<tr><td><code>${type.value}</code></td><td>${Object.keys(fields).join(', ')}</td><td>${escapeHtml(option.description ?? '')}</td></tr>`;
  });
  return `<table><tr><th>Type</th><th>Fields beside "type" and "at"</th><th>When</th></tr>${rows.join('')}</table>`;
}

function errorsTable(): string {
  const rows = errorCodes.map((code) => {
    const { status, title, hint, retryable } = errorRegistry[code];
    return `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${escapeHtml(title)}. <span class="quiet">${escapeHtml(hint)}${retryable ? ' Trying again may help.' : ''}</span></td></tr>`;
  });
  return `<table><tr><th>Code</th><th>Status</th><th>Meaning</th></tr>${rows.join('')}</table>`;
}

function anchor(name: string): string {
  return name.toLowerCase().replaceAll(' ', '-');
}
