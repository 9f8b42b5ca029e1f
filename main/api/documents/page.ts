/** The plain pages the engine makes itself: no script, one inline style sheet, both themes. */
const STYLE = `
:root { color-scheme: light dark; --text: #1a1c20; --quiet: #5c6470; --line: #d9dde3; --back: #ffffff; --raised: #f4f6f8; --accent: #1f6feb; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e7eb; --quiet: #98a1ad; --line: #2c323b; --back: #14171c; --raised: #1c2128; --accent: #6cb0ff; } }
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.6 system-ui, sans-serif; color: var(--text); background: var(--back); }
a { color: var(--accent); text-decoration: none; } a:hover, a:focus-visible { text-decoration: underline; }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
pre { margin: 8px 0; padding: 12px; overflow-x: auto; background: var(--raised); border-radius: 8px; }
main { max-width: 60rem; padding: 24px; margin: 0 auto; }
h1 { font-size: 26px; margin: 0 0 8px; } h2 { font-size: 20px; margin: 40px 0 8px; } h3 { font-size: 15px; margin: 16px 0 4px; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; } th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); } th { color: var(--quiet); font-weight: 500; }
details { border: 1px solid var(--line); border-radius: 8px; margin: 8px 0; } details > div { padding: 0 16px 12px; }
summary { padding: 10px 16px; cursor: pointer; } summary .path { font: 13px ui-monospace, monospace; }
.method { display: inline-block; min-width: 4.5em; font: 600 12px ui-monospace, monospace; color: var(--accent); }
.quiet { color: var(--quiet); } .tag { font-size: 12px; color: var(--quiet); border: 1px solid var(--line); border-radius: 999px; padding: 1px 8px; margin-left: 8px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 16px 0; }
`;

/** A whole page around `body`, which is markup already. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body><main>
${body}
</main></body>
</html>
`;
}

/** A page that says one thing. */
export function messagePage(title: string, text: string, small: string): string {
  return page(
    title,
    `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(text)}</p>\n<p class="quiet">${escapeHtml(small)}</p>`,
  );
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
