// @vitest-environment happy-dom
// Nobody sees what the former person had: not for one render, not by way of a placeholder, a late answer or a roll-back.

import {
  keepPreviousData,
  MutationObserver as MutationWatcher,
  QueryClient,
  useMutation,
  useQuery,
} from "@tanstack/react-query";
import { act, useState } from "react";
import { describe, expect, it } from "vitest";
import { ada, bob, setUp, type TestPerson, tokenFor } from "../../test/harness.ts";
import { provide, render, settle, useWho } from "../../test/render.tsx";
import { type AuthClient, type AuthState, decodeUnverified } from "../index.ts";
import { AuthClientContext } from "./auth-context.ts";
import { AuthStateContext, RequireAuth } from "./index.ts";

/** Ada is here, and so is her page. */
async function setUpAda() {
  const { client, browser, open, clock, server } = setUp({ here: ada });
  const queryClient = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  });
  client.start();
  await expect.poll(() => client.getState().status).toBe("signed-in");
  /** As authLink does: the answer is for whoever the token names. */
  const loads: string[] = [];
  const load = async (what: string, from: AuthClient = client) => {
    const { token } = await from.authorization();
    const name = decodeUnverified(token)?.username ?? "nobody";
    loads.push(name);
    await new Promise((resolve) => setTimeout(resolve, 1));
    return `${name}'s ${what}`;
  };
  /** What each render saw: who is here, and what they were shown. */
  const renders: [who: string, data: unknown][] = [];
  const foreign = () => renders.filter(([who, data]) => who !== "ada" && JSON.stringify(data ?? "").includes("ada's"));
  const becomeBob = () => act(async () => browser.store(tokenFor(bob)));
  return { client, browser, open, clock, server, queryClient, load, loads, renders, foreign, becomeBob };
}

describe("on a change of person no component renders", () => {
  it("what was fetched, also where a request for it is under way", async () => {
    const { client, queryClient, load, renders, foreign, becomeBob } = await setUpAda();
    function Notes() {
      const { data } = useQuery({ queryKey: ["notes"], queryFn: () => load("notes") });
      renders.push([useWho(), data]);
      return <p>{data}</p>;
    }
    const page = await render(provide(client, queryClient, <Notes />));
    await page.until("ada's notes");
    // A request that keeps what it is about to replace.
    const answers: ((text: string) => void)[] = [];
    void queryClient
      .fetchQuery({
        queryKey: ["notes"],
        staleTime: 0,
        queryFn: () => new Promise<string>((resolve) => answers.push(resolve)),
      })
      .catch(() => {});
    await becomeBob();
    await settle(10);
    await act(async () => answers[0]?.("ada's newest notes"));
    await page.until("bob's notes");
    expect(foreign()).toEqual([]);
  });

  // From the answer to the cache it takes React Query a few promises; the change may come between any two of them.
  it.each([0, 1, 2, 3, 4, 5, 6, 8, 10])("an answer that arrived %i promises before the change", async (promises) => {
    const { client, queryClient, browser, renders, foreign } = await setUpAda();
    let give: (text: string) => void = () => {};
    let asked = 0;
    const load = () => {
      asked += 1;
      return asked === 1 ? new Promise<string>((resolve) => (give = resolve)) : Promise.resolve("bob's notes");
    };
    function Notes() {
      const { data } = useQuery({ queryKey: ["notes"], queryFn: load });
      renders.push([useWho(), data]);
      return <p>{data}</p>;
    }
    const page = await render(provide(client, queryClient, <Notes />));
    await act(async () => {
      give("ada's notes");
      for (let turn = 0; turn < promises; turn += 1) await Promise.resolve();
      browser.store(tokenFor(bob));
    });
    await page.until("bob's notes");
    expect(foreign()).toEqual([]);
  });

  it("a placeholder: the page before this one, or one that is on show", async () => {
    const { client, queryClient, load, renders, foreign, becomeBob } = await setUpAda();
    let turn: (page: number) => void = () => {};
    let slow = false;
    const never = new Promise<string>(() => {});
    function Pages() {
      const [page, setPage] = useState(1);
      turn = setPage;
      const { data, isPlaceholderData } = useQuery({
        queryKey: ["page", page],
        queryFn: () => (slow ? never : load(`page ${page}`)),
        placeholderData: keepPreviousData,
      });
      renders.push([useWho(), data]);
      return <p>{`${data} ${isPlaceholderData}`}</p>;
    }
    const page = await render(provide(client, queryClient, <Pages />));
    await page.until("ada's page 1 false");
    slow = true;
    await act(async () => turn(2));
    expect(page.text()).toBe("ada's page 1 true");
    await becomeBob();
    await page.until("undefined false");
    expect(foreign()).toEqual([]);
  });

  it("what a query began with", async () => {
    const { client, queryClient, load, renders, foreign, becomeBob } = await setUpAda();
    queryClient.setQueryData(["notes"], ["ada's first note"]);
    function Note() {
      const { data } = useQuery({
        queryKey: ["note", 0],
        queryFn: () => load("note"),
        initialData: () => queryClient.getQueryData<string[]>(["notes"])?.[0],
      });
      renders.push([useWho(), data]);
      return <p>{data}</p>;
    }
    const page = await render(provide(client, queryClient, <Note />));
    expect(page.text()).toBe("ada's first note");
    await becomeBob();
    await page.until("bob's note");
    expect(foreign()).toEqual([]);
  });

  it("data of a query that is switched off", async () => {
    const { client, queryClient, load, renders, foreign, becomeBob } = await setUpAda();
    queryClient.setQueryData(["notes"], "ada's notes");
    function Notes() {
      const { data } = useQuery({ queryKey: ["notes"], queryFn: () => load("notes"), enabled: false });
      renders.push([useWho(), data]);
      return <p>{data}</p>;
    }
    const page = await render(provide(client, queryClient, <Notes />));
    expect(page.text()).toBe("ada's notes");
    await becomeBob();
    await page.until("");
    expect(foreign()).toEqual([]);
  });

  it("the result of a mutation", async () => {
    const { client, queryClient, load, renders, foreign, becomeBob } = await setUpAda();
    let save: () => void = () => {};
    function Saved() {
      const { data, variables, mutate } = useMutation({ mutationFn: (what: string) => load(what) });
      save = () => mutate("ada's wish");
      renders.push([useWho(), [data, variables]]);
      return <p>{data}</p>;
    }
    const page = await render(provide(client, queryClient, <Saved />));
    await act(async () => save());
    await page.until("ada's ada's wish");
    await becomeBob();
    await page.until("");
    expect(foreign()).toEqual([]);
  });

  it("what components of a protected page keep for themselves", async () => {
    const { client, queryClient, renders, foreign, becomeBob } = await setUpAda();
    let write: (text: string) => void = () => {};
    function Draft() {
      const [draft, setDraft] = useState("nothing");
      write = setDraft;
      renders.push([useWho(), draft]);
      return <p>{draft}</p>;
    }
    const page = await render(provide(client, queryClient, <RequireAuth navigate={() => {}}>{<Draft />}</RequireAuth>));
    await act(async () => write("ada's draft"));
    expect(page.text()).toBe("ada's draft");
    await becomeBob();
    await page.until("nothing");
    expect(foreign()).toEqual([]);
  });

  it("what was there when the person changed while no provider was", async () => {
    const { client, browser, queryClient, load, renders, foreign } = await setUpAda();
    function Notes() {
      const { data } = useQuery({ queryKey: ["notes"], queryFn: () => load("notes") });
      renders.push([useWho(), data]);
      return <p>{data}</p>;
    }
    const page = await render(provide(client, queryClient, <Notes />));
    await page.until("ada's notes");
    await page.show(<p>elsewhere</p>);
    await act(async () => client.signOut());
    await act(async () => browser.store(tokenFor(bob)));
    await page.show(provide(client, queryClient, <Notes />));
    await page.until("bob's notes");
    expect(foreign()).toEqual([]);
  });
});

describe("RequireAuth", () => {
  it("gives another person another page, also where one follows the other at once", async () => {
    const { client } = setUp();
    const state = (person: TestPerson, identity: number): AuthState => ({
      status: "signed-in",
      user: { ...person, scope: [], issuedAt: 0, expiresAt: 300 },
      expiresAt: 300,
      identity,
    });
    let write: (text: string) => void = () => {};
    function Draft() {
      const [draft, setDraft] = useState("nothing");
      write = setDraft;
      return <p>{draft}</p>;
    }
    const show = (now: AuthState) => (
      <AuthClientContext value={client}>
        <AuthStateContext value={now}>
          <RequireAuth navigate={() => {}}>
            <Draft />
          </RequireAuth>
        </AuthStateContext>
      </AuthClientContext>
    );
    const page = await render(show(state(ada, 1)));
    await act(async () => write("ada's draft"));
    await page.show(show(state(ada, 1)));
    expect(page.text()).toBe("ada's draft");
    await page.show(show(state(bob, 2)));
    expect(page.text()).toBe("nothing");
  });
});

describe("a mutation of somebody who has left", () => {
  it("puts nothing back into the cache, and is not sent again for the next", async () => {
    const { client, queryClient, load, loads, becomeBob } = await setUpAda();
    await render(provide(client, queryClient, <p />));
    queryClient.setQueryData(["notes"], "ada's notes");
    let fail: (error: Error) => void = () => {};
    const watcher = new MutationWatcher<string, Error, string, { before: unknown }>(queryClient, {
      mutationFn: (what) => {
        if (loads.length > 0) return load(what);
        loads.push("ada");
        return new Promise<string>((_, reject) => (fail = reject));
      },
      onMutate: () => ({ before: queryClient.getQueryData(["notes"]) }),
      onError: (_error, _what, context) => queryClient.setQueryData(["notes"], context?.before),
      onSettled: () => queryClient.setQueryData(["settled"], "ada's"),
      retry: 2,
      retryDelay: 1,
    });
    const stop = watcher.subscribe(() => {});
    const written = watcher.mutate("note").catch((error: unknown) => error);
    await settle();
    await becomeBob();
    await act(async () => fail(new Error("no connection")));
    expect(await written).toMatchObject({ reason: "superseded" });
    expect(loads).toEqual(["ada"]);
    expect(queryClient.getQueryCache().getAll()).toEqual([]);
    expect(queryClient.getMutationCache().getAll()).toEqual([]);
    expect(watcher.getCurrentResult()).toMatchObject({ status: "idle", data: undefined, variables: undefined });
    stop();
  });
});

describe("all tabs", () => {
  it("forget when one of them signs out", async () => {
    const { client, open, queryClient } = await setUpAda();
    const other = open().client;
    const theirs = new QueryClient();
    await render(provide(client, queryClient, <p />));
    await render(provide(other, theirs, <p />));
    await settle();
    queryClient.setQueryData(["notes"], "ada's notes");
    theirs.setQueryData(["notes"], "ada's notes");
    await act(() => client.signOut());
    expect(queryClient.getQueryCache().getAll()).toEqual([]);
    expect(theirs.getQueryCache().getAll()).toEqual([]);
    expect(other.getState().status).toBe("signed-out");
  });
});

describe("a mere refresh", () => {
  it("clears nothing, asks for nothing again and keeps what was typed", async () => {
    const { client, queryClient, load, loads, clock, server } = await setUpAda();
    let write: (text: string) => void = () => {};
    function Notes() {
      const { data } = useQuery({ queryKey: ["notes"], queryFn: () => load("notes") });
      const [draft, setDraft] = useState("");
      write = setDraft;
      return <p>{`${data} ${draft}`}</p>;
    }
    const page = await render(provide(client, queryClient, <RequireAuth navigate={() => {}}>{<Notes />}</RequireAuth>));
    await page.until("ada's notes ");
    await act(async () => write("typed"));
    const { identity } = client.getState();
    const before = await client.getAccessToken();
    page.seen.length = 0;
    for (let times = 1; times <= 3; times += 1) await act(() => clock.advance(290_000));
    await settle();
    expect(server.count("/auth/refresh")).toBeGreaterThanOrEqual(3);
    expect(await client.getAccessToken()).not.toBe(before);
    expect(client.getState().identity).toBe(identity);
    expect(page.text()).toBe("ada's notes typed");
    expect(page.seen).toEqual([]);
    expect(loads).toEqual(["ada"]);
  });
});
