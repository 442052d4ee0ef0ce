// @vitest-environment happy-dom
import { QueryClient, useQuery } from "@tanstack/react-query";
import { act, type ReactNode, StrictMode, use, useEffect } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { ada, bob, later, networkError, setUp, startMs, tokenFor } from "../../test/harness.ts";
import { setUpTab } from "../../test/provider-tab.ts";
import { provide, render, Status, settle } from "../../test/render.tsx";
import type { AuthClient } from "../index.ts";
import { AuthStateContext, RequireAuth, retryUnlessRefused, signInHref, useAuth, whyFrom } from "./index.ts";

const wrap = (client: AuthClient, children: ReactNode, queryClient = new QueryClient()) =>
  provide(client, queryClient, children);

describe("useAuth", () => {
  it("throws outside the provider, and says how to mend it", async () => {
    expect(() => renderToString(<Status />)).toThrow(/<AuthProvider client=/);
  });

  it("shows the client's state, as does the context itself", async () => {
    const { client } = setUp({ kept: tokenFor(ada) });
    function Context() {
      return <b>{use(AuthStateContext)?.status}</b>;
    }
    const page = await render(wrap(client, [<Status key="a" />, <Context key="b" />]));
    await settle();
    expect(page.text()).toBe("adasigned-in");
  });

  it("survives StrictMode, which starts and stops everything twice", async () => {
    const { client, server } = setUp({ kept: tokenFor(ada) });
    const page = await render(<StrictMode>{wrap(client, <Status />)}</StrictMode>);
    await settle();
    expect(page.text()).toBe("ada");
    expect(server.count("auth.whoami")).toBe(1);
    await act(() => client.signOut());
    expect(page.text()).toBe("signed-out");
  });

  it("redeems a code once in StrictMode, and finishes a link once, with one answer for both effects", async () => {
    const { server, load, signInAs, linkAs } = setUpTab();
    const outcomes: unknown[] = [];
    function FinishedLink() {
      const { finishLink } = useAuth();
      useEffect(() => void finishLink().then((outcome) => outcomes.push(outcome)), [finishLink]);
      return null;
    }
    const show = (client: AuthClient) =>
      render(<StrictMode>{wrap(client, [<Status key="a" />, <FinishedLink key="b" />])}</StrictMode>);

    const page = await show(load(await signInAs(ada)).client);
    await settle();
    expect(page.text()).toBe("ada");
    expect(server.count("auth.redeem")).toBe(1);
    expect(outcomes).toEqual([null, null]);

    outcomes.length = 0;
    await show(load(await linkAs(bob)).client);
    await settle();
    expect(outcomes).toEqual([{ label: "Example ID" }, { label: "Example ID" }]);
    expect([server.count("auth.linkProvider"), server.handOvers.thefts]).toEqual([1, []]);
  });

  it("shows a sign-up that waits for a name, and what is done about it", async () => {
    const { loadForName } = setUpTab();
    function Name() {
      const auth = useAuth();
      if (auth.status !== "signed-out") return <Status />;
      if (auth.pendingSignUp === null) return <p>the form</p>;
      const { suggestion } = auth.pendingSignUp;
      return <button onClick={() => void auth.signUpWithProvider(suggestion ?? "")}>{suggestion}</button>;
    }
    const { client } = await loadForName();
    const page = await render(wrap(client, <Name />));
    expect(page.text()).toBe("grace");
    page.seen.length = 0;
    await act(async () => document.querySelector("button")?.click());
    await settle();
    expect(client.getState()).toMatchObject({ status: "signed-in", user: { username: "grace" } });
    expect(page.seen).not.toContain("the form");

    const again = await render(wrap((await setUpTab().loadForName()).client, <Name />));
    expect(again.text()).toBe("grace");
  });

  it("hydrates what a server rendered without a mismatch", async () => {
    const { client } = setUp({ kept: tokenFor(ada) });
    const container = document.createElement("div");
    container.innerHTML = renderToString(wrap(client, <Status />));
    expect(container.textContent).toBe("loading");
    const errors: unknown[] = [];
    const root = await act(async () =>
      hydrateRoot(container, wrap(client, <Status />), { onRecoverableError: (error) => errors.push(error) }),
    );
    await settle();
    expect(container.textContent).toBe("ada");
    expect(errors).toEqual([]);
    act(() => root.unmount());
  });
});

describe("RequireAuth", () => {
  function Secret() {
    return <p>secret</p>;
  }
  const protectedPage = (client: AuthClient, went: string[]) =>
    wrap(
      client,
      <RequireAuth
        navigate={(href) => went.push(href)}
        fallback={<p>wait</p>}
        unreachable={(problem) => <p>{problem}</p>}
      >
        <Secret />
      </RequireAuth>,
    );

  it("renders nothing protected before it is known who is here", async () => {
    const { client, server } = setUp({ kept: tokenFor(ada) });
    const whoami = later();
    server.respond(() => whoami.answer);
    const page = await render(protectedPage(client, []));
    await settle();
    expect(page.text()).toBe("wait");
    await act(async () => whoami.give(server.whoami(tokenFor(ada))));
    await settle();
    expect(page.text()).toBe("secret");
  });

  it("never renders it for a token that the server refuses, and goes to the sign-in page with reason and way back", async () => {
    window.history.replaceState(null, "", "/account?tab=1#x");
    const { client, server } = setUp({ kept: tokenFor(ada) });
    server.refuse(tokenFor(ada), "token_expired");
    const went: string[] = [];
    const page = await render(protectedPage(client, went));
    await settle();
    expect(page.seen.join()).not.toContain("secret");
    expect(went).toEqual(["/sign-in?return_to=%2Faccount%3Ftab%3D1%23x&why=expired"]);
  });

  it("says that the server cannot be reached, and sends nobody away", async () => {
    const { client, server } = setUp({ kept: tokenFor(ada) });
    server.respond(networkError);
    const went: string[] = [];
    const page = await render(protectedPage(client, went));
    await settle();
    expect(page.text()).toBe("network");
    expect(page.seen.join()).not.toContain("secret");
    expect(went).toEqual([]);
  });

  it("keeps the page of somebody who was here when the connection is lost", async () => {
    const { client, server, tab } = setUp({ kept: tokenFor(ada) });
    const page = await render(protectedPage(client, []));
    await settle();
    server.respond(networkError);
    await act(async () => tab.events()?.onShown(true));
    await settle();
    expect(client.getState().status).toBe("unreachable");
    expect(page.text()).toBe("secret");
  });

  it("takes the page away at once when another tab signs out", async () => {
    const { client, browser } = setUp({ kept: tokenFor(ada) });
    const page = await render(protectedPage(client, []));
    await settle();
    await act(async () => browser.store(null));
    expect(page.text()).toBe("wait");
  });
});

describe("React Query", () => {
  function Notes({ load }: { load: () => Promise<string> }) {
    const { data, isPending } = useQuery({ queryKey: ["notes"], queryFn: load, retry: false });
    return <p>{isPending ? "no notes" : data}</p>;
  }

  it("forgets everything of one person before the next is shown", async () => {
    const { client, server } = setUp({ kept: tokenFor(ada) });
    const queryClient = new QueryClient();
    // As authLink does: wait until it is known who asks.
    const load = async () => {
      await client.getAccessToken();
      const state = client.getState();
      return state.status === "signed-in" ? `${state.user.username}'s notes` : "nobody's notes";
    };
    client.start();
    await settle();
    queryClient.setQueryData(["not mounted"], "ada's address");
    const page = await render(
      wrap(
        client,
        <>
          <Status />
          <Notes load={load} />
        </>,
        queryClient,
      ),
    );
    await settle();
    expect(page.text()).toBe("adaada's notes");
    // A real network takes at least one turn of the event loop, and React Query tells React within one.
    server.respond(async ({ path, authorization }) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (path === "auth.whoami") return server.whoami(authorization?.slice("Bearer ".length) ?? "");
      return server.ok({
        accessToken: tokenFor(bob),
        expiresIn: 300,
        expiresAt: startMs / 1000 + 300,
        sessionId: bob.sessionId,
      });
    });
    page.seen.length = 0;
    await act(() => client.signIn({ username: "bob", password: "whatever it takes" }));
    await settle();
    expect(page.text()).toBe("bobbob's notes");
    expect(page.seen.filter((text) => text.startsWith("bob") && text.includes("ada's"))).toEqual([]);
    expect(queryClient.getQueryData(["not mounted"])).toBeUndefined();
  });

  it("drops an answer that comes late", async () => {
    const { client } = setUp({ kept: tokenFor(ada) });
    const queryClient = new QueryClient();
    const answers: ((text: string) => void)[] = [];
    const load = () => new Promise<string>((resolve) => answers.push(resolve));
    client.start();
    await settle();
    const page = await render(wrap(client, <Notes load={load} />, queryClient));
    await settle();
    await act(() => client.signIn({ username: bob.username, password: "whatever it takes" }));
    await settle();
    await act(async () => answers[0]?.("ada's notes"));
    await settle();
    expect(page.text()).toBe("no notes");
    await act(async () => answers.at(-1)?.("bob's notes"));
    await settle();
    expect(page.text()).toBe("bob's notes");
    expect(page.seen.join()).not.toContain("ada's");
  });

  it("forgets in every tab", async () => {
    const { client, browser } = setUp({ kept: tokenFor(ada) });
    const queryClient = new QueryClient();
    await render(wrap(client, <Status />, queryClient));
    await settle();
    queryClient.setQueryData(["notes"], "ada's notes");
    await act(async () => browser.store(null));
    expect(queryClient.getQueryCache().getAll()).toEqual([]);
  });

  it.each([
    [400, false],
    [401, false],
    [403, false],
    [429, false],
    [500, true],
    [503, true],
    [undefined, true],
  ])("after an answer of %s tries again: %s", (httpStatus, again) => {
    expect(retryUnlessRefused(0, { data: { httpStatus } })).toBe(again);
    expect(retryUnlessRefused(3, { data: { httpStatus } })).toBe(false);
  });

  it("does not try again for somebody who has left", () => {
    expect(retryUnlessRefused(0, { cause: { reason: "superseded" } })).toBe(false);
  });
});

describe("the way to the sign-in page", () => {
  it("names a reason only when there is one, and never a token", () => {
    const from = { pathname: "/account", search: "?token=a.b.c", hash: "" };
    expect(signInHref("/sign-in", "never", from)).toBe("/sign-in?return_to=%2Faccount");
  });

  it("reads reasons from a closed list only", () => {
    const state = { status: "signed-out", reason: "never", question: null, pendingSignUp: null, identity: 0 } as const;
    expect(whyFrom("expired", state)).toBe("expired");
    expect(whyFrom("not_completed", state)).toBe("not_completed");
    expect(whyFrom("Call this number", state)).toBe("never");
    expect(whyFrom("expired", { ...state, reason: "refused" })).toBe("refused");
  });
});
