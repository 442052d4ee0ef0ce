import { createTRPCClient, httpBatchStreamLink } from "@trpc/client";
import { afterEach, describe, expect, it } from "vitest";
import { createFakeAuthClient } from "../../test/fake-auth-client.ts";
import { startTRPCServer, type TestRouter } from "../../test/trpc-server.ts";
import { type AuthLinkOptions, authLink } from "./index.ts";

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function connect(options: Partial<AuthLinkOptions<TestRouter>> = {}) {
  const server = await startTRPCServer();
  cleanUps.push(() => server.close());
  const auth = createFakeAuthClient({ baseUrl: server.baseUrl, token: "t1", refresh: () => "t2" });
  const sent: { url: string; init: RequestInit }[] = [];
  const trpc = createTRPCClient<TestRouter>({
    links: [
      authLink({
        client: auth.client,
        link: (own) => httpBatchStreamLink(own),
        fetch: async (input, init = {}) => {
          sent.push({ url: String(input), init });
          return fetch(input, init);
        },
        ...options,
      }),
    ],
  });
  const credentials = () => sent.map(({ init }) => init.credentials);
  return { server, state: server.state, auth, trpc, sent, credentials };
}

describe("calls that set cookies", () => {
  it.each(["issueToken", "signUp", "changePassword", "redeem"] as const)(
    "auth.%s goes by itself, neither batched nor streamed, with cookies",
    async (name) => {
      const { trpc, state, credentials } = await connect();
      await Promise.all([trpc.auth[name].mutate({ id: "a" }), trpc.auth[name].mutate({ id: "b" })]);
      expect(state.requests.map(({ batched, paths }) => [batched, paths])).toEqual([
        [false, [`auth.${name}`]],
        [false, [`auth.${name}`]],
      ]);
      expect(credentials()).toEqual(["include", "include"]);
    },
  );

  it("leave all others as they are: batched, streamed, without cookies", async () => {
    const { trpc, state, credentials } = await connect();
    await Promise.all([
      trpc.auth.issueToken.mutate({ id: "a" }),
      trpc.read.query({ id: "b" }),
      trpc.readToo.query({ id: "c" }),
    ]);
    expect(credentials().toSorted()).toEqual(["include", "omit"]);
    expect(state.requests.find(({ batched }) => batched)?.paths).toEqual(["read", "readToo"]);
  });

  it("may be named; elsewhere than at Signet's own API no others are", async () => {
    const { trpc, credentials } = await connect({ cookiePaths: ["remember"] });
    await trpc.remember.mutate({ id: "a" });
    expect(credentials()).toEqual(["include"]);

    const own = await connect();
    const elsewhere = createTRPCClient<TestRouter>({
      links: [
        authLink({
          client: own.auth.client,
          url: `${own.server.baseUrl}/api/trpc/`,
          fetch: async (input, init) => {
            expect(init?.credentials).toBe("omit");
            return fetch(input, init);
          },
        }),
      ],
    });
    await elsewhere.auth.issueToken.mutate({ id: "b" });
    expect(own.state.requests).toHaveLength(1);
  });

  it("are sent again when they were refused, as any other", async () => {
    const { trpc, state, credentials, auth } = await connect();
    state.refuses = (token) => (token === "t1" ? "token_expired" : undefined);
    expect(await trpc.auth.changePassword.mutate({ id: "a" })).toMatchObject({ id: "a" });
    expect(credentials()).toEqual(["include", "include"]);
    expect(state.ran.get("a")).toBe(1);
    expect(auth.refreshes()).toBe(1);
  });
});

describe("the token (WEB-17)", () => {
  it("goes to no other origin, whatever the link that sends does", async () => {
    const { auth, state } = await connect();
    const other = await startTRPCServer();
    cleanUps.push(() => other.close());
    const trpc = createTRPCClient<TestRouter>({
      links: [
        authLink({
          client: auth.client,
          link: (own) => httpBatchStreamLink({ ...own, url: `${other.baseUrl}/api/trpc` }),
        }),
      ],
    });
    await expect(trpc.read.query({ id: "a" })).rejects.toThrow(/must not be given the token/);
    expect(other.state.requests).toHaveLength(0);
    expect(state.requests).toHaveLength(0);
  });

  it("follows no redirect, on any of the ways", async () => {
    const { trpc, sent } = await connect();
    await trpc.read.query({ id: "a" });
    await trpc.auth.issueToken.mutate({ id: "b" });
    expect(sent.map(({ init }) => init.redirect)).toEqual(["error", "error"]);
  });
});

describe("two people", () => {
  it("never share a batch, and the former gets no answer", async () => {
    const { trpc, state, auth } = await connect();
    const former = trpc.write.mutate({ id: "ada" }).catch((error: unknown) => error);
    // Ada's call waits for its batch when Bob comes.
    await Promise.resolve();
    auth.enter("bob", "b1");
    expect(await trpc.write.mutate({ id: "bob" })).toEqual({ id: "bob", token: "b1" });
    expect(await former).toMatchObject({ cause: { reason: "superseded" } });
    for (const { authorization, paths } of state.requests) {
      expect(paths).toHaveLength(1);
      expect(authorization).toBe("Bearer b1");
    }
    expect(state.ran.has("ada")).toBe(false);
  });

  it("do not take over what was refused: it is not sent again for the next", async () => {
    let give: (token: string) => void = () => {};
    const { trpc, state, auth } = await connect();
    auth.onRefresh(() => new Promise<string>((resolve) => (give = resolve)));
    state.refuses = (token) => (token === "t1" ? "token_expired" : undefined);
    const former = trpc.write.mutate({ id: "ada" }).catch((error: unknown) => error);
    await expect.poll(auth.refreshes).toBe(1);
    auth.enter("bob", "b1");
    give("t2");
    expect(await former).toMatchObject({ data: { reason: "token_expired" } });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(state.ran.has("ada")).toBe(false);
    expect(state.requests).toHaveLength(1);
  });

  it("get no late answer of each other", async () => {
    const { trpc, server, state, auth } = await connect();
    const release = server.hold();
    const former = trpc.read.query({ id: "ada" }).catch((error: unknown) => error);
    await expect.poll(() => state.requests.length).toBe(1);
    auth.enter("bob", "b1");
    release();
    expect(await former).toMatchObject({ cause: { reason: "superseded" } });
  });
});
