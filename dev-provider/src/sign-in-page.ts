// The page on which somebody says who they are. It belongs to nobody in particular, and loads nothing.

export interface SignInPage {
  /** What the provider calls itself. */
  title: string;
  /** What asks to know who comes. */
  client: string;
  /** Where the form goes. */
  action: string;
}

const style = `
:root { color-scheme: light dark; --back: #f4f4f2; --card: #fff; --text: #1d1d1b; --soft: #5f5f5a; --line: #cfcfca; --act: #2f4f6f; --on-act: #fff }
@media (prefers-color-scheme: dark) {
  :root { --back: #171716; --card: #222220; --text: #ededea; --soft: #a9a9a3; --line: #45453f; --act: #b7cde3; --on-act: #16212c }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 24rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
h1 { margin: 0 0 .25rem; font-size: 1.25rem; font-weight: 600 }
p { margin: 0 0 1.5rem; color: var(--soft) }
label { display: block; margin-bottom: .25rem; font-weight: 500 }
input { width: 100%; padding: .625rem .75rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line);
  border-radius: .375rem }
div { display: flex; gap: .75rem; margin-top: 1.25rem }
button { flex: 1; padding: .625rem .75rem; font: inherit; font-weight: 500; color: inherit; background: transparent;
  border: 1px solid var(--line); border-radius: .375rem; cursor: pointer }
button[value="sign-in"] { color: var(--on-act); background: var(--act); border-color: var(--act) }
:focus-visible { outline: 2px solid var(--act); outline-offset: 2px }
`;

export function signInPage({ title, client, action }: SignInPage): string {
  return page(
    title,
    `<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(client)} would like to know who you are. Any name is a person here; there are no passwords.</p>
<form method="post" action="${escapeHtml(action)}">
<label for="name">Name</label>
<input id="name" name="name" required maxlength="100" autocomplete="off" autocapitalize="none" spellcheck="false" autofocus>
<div><button name="action" value="sign-in">Sign in</button><button name="action" value="cancel" formnovalidate>Cancel</button></div>
</form>`,
  );
}

/** For what cannot go on. */
export function messagePage(title: string, message: string): string {
  return page(title, `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(message)}</p>`);
}

/** For `style-src 'unsafe-inline'` and nothing else. */
export const pageHeaders = {
  "Content-Type": "text/html; charset=utf-8",
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
};

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
