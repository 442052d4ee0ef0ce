// A tab that goes to a provider and comes back: its pages one after the other, each with what its address holds.

import type { AuthClientOptions } from "../src/index.ts";
import { createFakeTab, fakeAddress, flush, type SetUpOptions, setUp, type TestPerson } from "./harness.ts";

export function setUpTab(options: SetUpOptions = {}) {
  const { tabStorage, navigate, items, went } = createFakeTab();
  const all = setUp({ tabStorage, navigate, ...options });

  /** The next page of this tab, with this in its address. */
  function load(token: string | null, more: Partial<AuthClientOptions> = {}) {
    const { client, tab } = all.open({ addressToken: fakeAddress(token), ...more });
    return { client, tab, stop: client.start() };
  }

  /** Sets out, and is sent back as this person; null has no account yet. @returns the code */
  async function signInAs(person: TestPerson | null): Promise<string> {
    await all.client.signInWith("example");
    return all.server.handOvers.grant(went.at(-1), person);
  }

  /** Whoever is here sets out to link what a provider says. @returns the code */
  async function linkAs(person: TestPerson): Promise<string> {
    const { client, stop } = load(null);
    await client.linkProvider("example", { returnTo: "/account" });
    stop();
    return all.server.handOvers.grant(went.at(-1), person);
  }

  /** Somebody without an account has come back: they are to choose a name. */
  async function loadForName(more: Partial<AuthClientOptions> = {}) {
    const page = load(await signInAs(null), more);
    await flush();
    return page;
  }

  return { ...all, items, went, tabStorage, load, signInAs, linkAs, loadForName };
}
