import { describe, expect, it } from "vitest";
import { createRepetition } from "./repetition.ts";

const refusal = { data: { reason: "token_expired", retry: true } };

describe("a call", () => {
  it("may be sent again once", () => {
    const call = createRepetition({ type: "mutation", input: 1 });
    expect(call.allowed(refusal)).toBe(true);
    expect(call.allowed(refusal)).toBe(false);
  });

  it.each([
    ["no data", {}],
    ["a reason alone", { data: { reason: "token_expired" } }],
    ["something that is not true", { data: { reason: "token_expired", retry: "true" } }],
    ["data that is no object", { data: "retry" }],
    ["none", { data: null }],
  ])("may not after an error with %s", (_, error) => {
    expect(createRepetition({ type: "query", input: undefined }).allowed(error)).toBe(false);
  });

  it("may not where its input can be read only once", () => {
    expect(createRepetition({ type: "mutation", input: new ReadableStream() }).allowed(refusal)).toBe(false);
  });

  it("is not given an id that its answer happens to have", () => {
    const call = createRepetition({ type: "query", input: { a: 1 } });
    call.arrived({ id: "7", data: {} });
    expect(call.input()).toEqual({ a: 1 });
  });
});

describe("a subscription", () => {
  function subscribe(input?: unknown) {
    let now = 0;
    const subscription = createRepetition({ type: "subscription", input }, () => now);
    subscription.begin();
    const live = (ms: number) => {
      now += ms;
    };
    return { subscription, live };
  }

  it("may go on each time that it has lived, or has given something", () => {
    const { subscription, live } = subscribe();
    for (let round = 0; round < 3; round += 1) {
      live(5_000);
      expect(subscription.allowed(refusal)).toBe(true);
      subscription.begin();
    }
    subscription.arrived({ data: 1 });
    expect(subscription.allowed(refusal)).toBe(true);
  });

  it("may not when it is refused twice in a row; that it connected is not enough", () => {
    const { subscription, live } = subscribe();
    expect(subscription.allowed(refusal)).toBe(true);
    subscription.begin();
    subscription.arrived({});
    live(4_999);
    expect(subscription.allowed(refusal)).toBe(false);
  });

  it.each([
    [undefined, { lastEventId: "2" }],
    [null, { lastEventId: "2" }],
    [{ room: "a" }, { room: "a", lastEventId: "2" }],
    ["room a", "room a"],
  ])("with the input %j goes on after what has arrived: %j", (input, expected) => {
    const { subscription } = subscribe(input);
    expect(subscription.input()).toBe(input);
    subscription.arrived({ id: "1", data: {} });
    subscription.arrived({ id: "2", data: {} });
    subscription.arrived({ data: {} });
    expect(subscription.input()).toEqual(expected);
  });
});
