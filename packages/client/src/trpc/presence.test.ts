import { describe, expect, it } from "vitest";
import { createFakeAuthClient } from "../../test/fake-auth-client.ts";
import { createPresence, whilePresent } from "./presence.ts";

function setUp() {
  const { client, leave } = createFakeAuthClient({ baseUrl: "https://app.example", token: "t1" });
  const presence = createPresence(client)(client.getState().identity);
  return { client, leave, presence };
}

/** A body of which a test gives the pieces. */
function response() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start(own) {
      controller = own;
    },
    cancel() {
      cancelled = true;
    },
  });
  const give = (text: string) => controller?.enqueue(new TextEncoder().encode(text));
  return {
    response: new Response(body, { status: 207 }),
    give,
    end: () => controller?.close(),
    cancelled: () => cancelled,
  };
}

describe("presence", () => {
  it("tells whoever waits, once, and at once whoever comes too late", () => {
    const { leave, presence } = setUp();
    const told: string[] = [];
    presence.whenLeft((error) => told.push(error.reason));
    const stop = presence.whenLeft(() => told.push("stopped listening"));
    stop();
    leave();
    leave();
    presence.whenLeft(() => told.push("late"));
    expect(told).toEqual(["superseded", "late"]);
  });

  it("of somebody who left before the question was asked is over", () => {
    const { client, leave } = setUp();
    const { identity } = client.getState();
    leave();
    expect(createPresence(client)(identity).left).toMatchObject({ reason: "superseded" });
  });
});

describe("a streamed body", () => {
  it("is what it was while its person is here, with the same status", async () => {
    const { presence } = setUp();
    const { response: original, give, end } = response();
    const wrapped = whilePresent(presence, original);
    give("one ");
    give("two");
    end();
    expect(await wrapped.text()).toBe("one two");
    expect(wrapped.status).toBe(207);
  });

  it("fails when its person leaves, and the connection is given up", async () => {
    const { presence, leave } = setUp();
    const { response: original, give, cancelled } = response();
    const reader = whilePresent(presence, original).body?.getReader();
    give("one");
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("one");
    const next = reader?.read();
    leave();
    await expect(next).rejects.toMatchObject({ reason: "superseded" });
    expect(cancelled()).toBe(true);
  });

  it("of somebody who has left gives nothing", async () => {
    const { presence, leave } = setUp();
    leave();
    const { response: original, give } = response();
    give("secret");
    await expect(whilePresent(presence, original).text()).rejects.toMatchObject({ reason: "superseded" });
  });

  it("gives the connection up when its reader does", async () => {
    const { presence } = setUp();
    const { response: original, cancelled } = response();
    await whilePresent(presence, original).body?.cancel();
    expect(cancelled()).toBe(true);
  });
});
