// @vitest-environment happy-dom
import { createAsyncStoragePersister } from "@tanstack/query-async-storage-persister";
import { QueryClient, useQuery } from "@tanstack/react-query";
import {
  type PersistedClient,
  type Persister,
  PersistQueryClientProvider,
  persistQueryClientSubscribe,
} from "@tanstack/react-query-persist-client";
import { act } from "react";
import { describe, expect, it } from "vitest";
import { createFakeAuthClient } from "../../test/fake-auth-client.ts";
import { ada, bob, networkError, setUp, tokenFor } from "../../test/harness.ts";
import { render, Status, settle, useWho } from "../../test/render.tsx";
import { type AuthClient, decodeUnverified } from "../index.ts";
import { AuthProvider, personalPersister } from "./index.ts";

const key = "cache";

/** What a browser keeps, and everything that was ever written there. */
function createDevice() {
  const items = new Map<string, string>();
  const written: string[] = [];
  let gate: Promise<void> = Promise.resolve();
  return {
    written,
    stored: () => items.get(key) ?? "",
    storage: {
      async getItem(name: string) {
        await gate;
        return items.get(name) ?? null;
      },
      setItem(name: string, value: string) {
        written.push(value);
        items.set(name, value);
        return Promise.resolve();
      },
      removeItem(name: string) {
        items.delete(name);
        return Promise.resolve();
      },
    },
    /** Reading takes until it is let go. */
    hold() {
      let release = () => {};
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return () => release();
    },
  };
}

type Device = ReturnType<typeof createDevice>;

/** Opens the page on this device. */
async function openPage(
  client: AuthClient,
  device: Device,
  options: { throttleTime?: number; wrap?: (inner: Persister) => Persister } = {},
) {
  const { throttleTime = 0, wrap = (inner) => inner } = options;
  const queryClient = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  });
  const inner = wrap(createAsyncStoragePersister({ storage: device.storage, key, throttleTime }));
  const persister = personalPersister(client, queryClient, inner);
  const loads: string[] = [];
  const renders: [who: string, data: unknown][] = [];
  const load = async () => {
    const { token } = await client.authorization();
    const name = decodeUnverified(token)?.username ?? "nobody";
    loads.push(name);
    return `${name}'s notes`;
  };
  function Notes() {
    const { data } = useQuery({ queryKey: ["notes"], queryFn: load });
    renders.push([useWho(), data]);
    return <p>{data}</p>;
  }
  const page = await render(
    <PersistQueryClientProvider client={queryClient} persistOptions={{ persister }}>
      <AuthProvider client={client} queryClient={queryClient}>
        <Status />
        <Notes />
      </AuthProvider>
    </PersistQueryClientProvider>,
  );
  return { ...page, queryClient, loads, renders };
}

/** Ada was here, and has closed her page. */
async function deviceOfAda() {
  const device = createDevice();
  const { client } = setUp({ here: ada });
  const page = await openPage(client, device);
  await page.until("adaada's notes");
  await expect.poll(device.stored).toContain("ada's notes");
  await page.show(<p />);
  return device;
}

describe("a persisted cache", () => {
  it("is there again for whom it was filled, and nothing is fetched", async () => {
    const device = await deviceOfAda();
    const page = await openPage(setUp({ here: ada }).client, device);
    await page.until("adaada's notes");
    expect(page.loads).toEqual([]);
  });

  it("is there again while the server cannot be reached", async () => {
    const device = await deviceOfAda();
    const { client, server } = setUp({ here: ada });
    server.respond(networkError);
    const page = await openPage(client, device);
    await page.until("unreachableada's notes");
    expect(page.loads).toEqual([]);
  });

  it("of somebody else is removed, and no render ever has it", async () => {
    const device = await deviceOfAda();
    const page = await openPage(setUp({ here: bob }).client, device);
    await page.until("bobbob's notes");
    expect(JSON.stringify([page.renders, page.seen])).not.toContain("ada's");
    await expect.poll(device.stored).not.toContain("ada's");
  });

  it("is removed when nobody is here", async () => {
    const device = await deviceOfAda();
    const page = await openPage(setUp().client, device);
    await page.until("signed-outnobody's notes");
    expect(JSON.stringify([page.renders, page.seen])).not.toContain("ada's");
    expect(device.stored()).not.toContain("ada's");
  });

  it("without an owner, from before this was used, is removed", async () => {
    const device = await deviceOfAda();
    const { owner: _, ...old } = JSON.parse(device.stored()) as Record<string, unknown>;
    await device.storage.setItem(key, JSON.stringify(old));
    const page = await openPage(setUp({ here: ada }).client, device);
    await page.until("adaada's notes");
    expect(page.loads).toEqual(["ada"]);
  });

  it("of somebody who leaves while it is being read does not come back", async () => {
    const device = await deviceOfAda();
    const { client, browser } = setUp({ here: ada });
    const release = device.hold();
    const page = await openPage(client, device);
    await settle();
    await act(async () => browser.store(tokenFor(bob)));
    release();
    await page.until("bobbob's notes");
    expect(JSON.stringify([page.renders, page.seen])).not.toContain("ada's");
  });

  it.each([0, 1, 2, 3, 4, 6])(
    "of somebody who leaves %i promises after it was read does not come back",
    async (promises) => {
      const device = await deviceOfAda();
      const { client, browser } = setUp({ here: ada });
      const page = await openPage(client, device, {
        wrap: (inner) => ({
          ...inner,
          async restoreClient() {
            const restored = await inner.restoreClient();
            void (async () => {
              for (let turn = 0; turn < promises; turn += 1) await Promise.resolve();
              browser.store(tokenFor(bob));
            })();
            return restored;
          },
        }),
      });
      await page.until("bobbob's notes");
      expect(page.renders.filter(([who, data]) => who !== "ada" && data === "ada's notes")).toEqual([]);
    },
  );
});

describe("what is stored", () => {
  const ofOne = (text: string) => {
    const { owner } = JSON.parse(text) as { owner?: string };
    return owner === "sub-ada" ? !text.includes("bob's") : !text.includes("ada's");
  };

  it("goes at once when its person signs out, and a write that was held back does not bring it back", async () => {
    const device = createDevice();
    const { client } = setUp({ here: ada });
    const page = await openPage(client, device, { throttleTime: 60 });
    await page.until("adaada's notes");
    await expect.poll(device.stored).toContain("ada's notes");
    // Held back by the persister, which has just written.
    page.queryClient.setQueryData(["notes"], "ada's newest notes");
    await act(() => client.signOut());
    expect(device.stored()).not.toContain("ada's");
    await settle(150);
    expect(device.stored()).not.toContain("ada's");
    expect(device.written.every(ofOne)).toBe(true);
  });

  it("is never written under the next person's name", async () => {
    const device = createDevice();
    const { client, browser } = setUp({ here: ada });
    const page = await openPage(client, device);
    await page.until("adaada's notes");
    for (const more of ["one", "two", "three"]) page.queryClient.setQueryData([more], `ada's ${more}`);
    await settle();
    await act(async () => browser.store(tokenFor(bob)));
    await page.until("bobbob's notes");
    await expect.poll(device.stored).toContain("bob's notes");
    expect(device.written.filter((text) => !ofOne(text))).toEqual([]);
    expect(device.stored()).not.toContain("ada's");
  });

  it.each([true, false])("nor where one follows the other at once (restored before: %s)", async (restored) => {
    const { client, enter } = createFakeAuthClient({ baseUrl: "https://app.example", token: tokenFor(ada) });
    const queryClient = new QueryClient();
    const written: string[] = [];
    const persister = personalPersister<PersistedClient>(client, queryClient, {
      persistClient: (stored) => void written.push(JSON.stringify(stored)),
      restoreClient: () => undefined,
      removeClient: () => {},
    });
    if (restored) await persister.restoreClient();
    // The persister's own React Query is of another version, and a class with private members is not another's.
    const stop = persistQueryClientSubscribe({ queryClient: queryClient as never, persister });
    for (const one of ["a", "b", "c"]) queryClient.setQueryData([one], "ada's");
    expect(written.at(-1)).toContain("ada's");
    enter("bob", tokenFor(bob));
    queryClient.setQueryData(["d"], "bob's");
    queryClient.setQueryData(["e"], "bob's");
    stop();
    expect(written.at(-1)).toContain("bob's");
    expect(written.filter((text) => !ofOne(text))).toEqual([]);
  });

  it("stays when the token is merely renewed", async () => {
    const device = createDevice();
    const { client, clock, server } = setUp({ here: ada });
    const page = await openPage(client, device);
    await page.until("adaada's notes");
    await act(() => clock.advance(290_000));
    await settle();
    expect(server.count("/auth/refresh")).toBeGreaterThan(0);
    expect(device.stored()).toContain("ada's notes");
    expect(page.loads).toEqual(["ada"]);
  });
});
