// Somebody at a browser, without the browser: follows the provider's redirects, fills in its page, and says where the provider sends them.

export interface Visit {
  /** Who they say they are; none when they cancel. */
  name?: string;
  /** What the browser keeps of its visits, by name. Default: it has never been there. */
  cookies?: Map<string, string>;
}

const mostSteps = 10;

/**
 * Goes to a provider and answers its page.
 *
 * @returns The address to which the provider sends the browser back. It is not visited.
 */
export async function visitProvider(authorizationUrl: URL, { name, cookies = new Map() }: Visit): Promise<URL> {
  let url = authorizationUrl;
  let form: URLSearchParams | undefined;
  for (let step = 0; step < mostSteps; step += 1) {
    const response = await fetch(url, {
      method: form === undefined ? "GET" : "POST",
      headers: { Cookie: [...cookies].map((pair) => pair.join("=")).join("; ") },
      body: form ?? null,
      redirect: "manual",
    });
    for (const cookie of response.headers.getSetCookie()) keep(cookies, cookie);
    const location = response.headers.get("Location");
    await response.body?.cancel();
    if (location !== null) {
      url = new URL(location, url);
      if (url.origin !== authorizationUrl.origin) return url;
      form = undefined;
    } else if (response.status === 200 && form === undefined) {
      form = new URLSearchParams(name === undefined ? { action: "cancel" } : { action: "sign-in", name });
    } else {
      throw new Error(`The provider answered ${url.pathname} with the status ${response.status}.`);
    }
  }
  throw new Error("The provider sends the browser round and round.");
}

function keep(cookies: Map<string, string>, setCookie: string): void {
  const [pair = ""] = setCookie.split(";");
  const [name = "", ...value] = pair.split("=");
  if (value.join("=") === "") cookies.delete(name);
  else cookies.set(name, value.join("="));
}
