// Whole scenarios for fast-check: calls in their usual form, then bent in one or more places.
import fc from "fast-check";
import { type Behaviour, contextBehaviours, errorBehaviours, metaBehaviours, plainBehaviour } from "./behaviour.ts";
import { calls } from "./calls.ts";
import type { Scenario } from "./compare.ts";
import { boundary, type Header, type Parts, type RequestOptions, renderRequest } from "./request-bytes.ts";

/** Mostly the first value. */
function usually<const Value>(value: Value, ...others: readonly Value[]): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 12, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

const methods = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "QUERY"] as const;

/** Targets that no encoder would make. */
const oddTargets = `
  / // //elsewhere/greeting /./greeting /a/../nothing /%2e%2e/nothing /nothing/ /nothing? /nothing#x /nothing\\ /nothing|x
  /% /%E0%A4%A /%00 /nothing%00 /%6eothing /%6Eothing /nothing%2c /nothing, /,nothing?batch=1 * http://other.test/nothing
  http://a:b@other.test/nothing /nothing?batch=1&batch=0 /nothing?batch=0&batch=1 /nothing?batch=1,1 /nothing?batch=%31
  /nothing?BATCH=1 /nothing?batch /nothing?batch=01 /,,?batch=1 /?batch=1 /echo?input=%7B%22a%22%3A1%7D /echo?input=%ZZ
  /echo?input=%FF%FE /echo?input=%22%E2%82%22 /echo?input= /echo?input=1&input=2 /echo?input&input=2 /echo?input=%22a+b%2Bc%22
  /echo?%69nput=1 /echo?input=1;input=2 /echo?input=1?2 /echo?input=1#2 /echo?input=\\ /echo?batch=1&input=[1]
  /echo?batch=1&input=%7B%220%22:1%7D /echo,echo?batch=1&input={%221%22:1,%220%22:0} /echo?batch=1&input=%7B%22length%22:9%7D
  /nothing\xE9 /\xC3\xA9?input=\xE9 /gr%C3%BC%C3%9Fe /with%2Ccomma /with%2Fslash /with%20space /with+space
  /100% /100%25 /100%2525 /nothing,nothing /nothing%2Cnothing?batch=1 /counts?lastEventId=7 /counts?Last-Event-Id=8
  /toString,hasOwnProperty?batch=1 /__proto__?batch=1&input=%7B%22__proto__%22:1%7D /constructor /later /neverThere.hello
`
  .trim()
  .split(/\s+/);

const hosts =
  "signet.test signet.test:8080 a@b user:pass@host mail.test%3A25 [::1]:80 EXAMPLE.test a/b a?b a#b a,b a:b 0x7f.1 ~".split(
    " ",
  );

const extraParameters = fc.constantFrom(
  ...`connectionParams=%7B%22token%22%3A%22t%22%7D connectionParams=null connectionParams= connectionParams=%7B%22n%22:1%7D
  connectionParams=[] input=3 batch=1 batch=0 x=1&&y = %= lastEventId=3 input=%7B%7D`.split(/\s+/),
);

const extraHeaders: fc.Arbitrary<Header> = fc.constantFrom<Header>(
  ["trpc-accept", "application/jsonl"],
  ["trpc-accept", "text/plain"],
  ["trpc-accept", ""],
  ["TRPC-Accept", " application/jsonl "],
  ["accept", "application/jsonl"],
  ["accept", "text/html, application/jsonl"],
  ["accept", "text/html,application/jsonl;q=1"],
  ["accept", "text/event-stream"],
  ["content-type", "application/json"],
  ["content-type", "text/plain"],
  ["content-encoding", "gzip"],
  ["x-trpc-source", "react"],
  ["last-event-id", "5"],
  ["cookie", "a=b"],
  ["x-latin", "\xE9"],
  ["x-http-method-override", "DELETE"],
  ["expect", "100-continue"],
  ["if-none-match", "*"],
);

const contentTypes = [
  "application/json; charset=utf-8",
  "application/json;charset=latin1",
  "application/jsonish",
  "Application/JSON",
  "text/plain",
  "application/x-www-form-urlencoded",
  "",
  ", application/json",
  "application/octet-stream",
  `multipart/form-data; boundary=${boundary}`,
  "multipart/form-data",
  "\tapplication/json\t",
] as const;

const requestParts = (options: RequestOptions): fc.Arbitrary<Parts> =>
  fc.record({
    calls,
    batch: usually("fits", "1", "0", "none"),
    method: fc.oneof(
      { weight: 8, arbitrary: fc.constant("fits") },
      { weight: 2, arbitrary: fc.constantFrom(...methods) },
    ),
    oddTarget: fc.oneof(
      { weight: 5, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom(...oddTargets) },
    ),
    base: usually(options.basePath, "/", "/trpc", "/other/"),
    encoding: usually("once", "not", "twice", "all"),
    inputIn: usually("fits", "query", "body", "both"),
    parameters: fc.oneof(
      { weight: 8, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.array(extraParameters, { maxLength: 3 }) },
    ),
    contentType: usually<string | undefined>("application/json", undefined, ...contentTypes),
    headers: fc.oneof(
      { weight: 8, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.array(extraHeaders, { maxLength: 3 }) },
    ),
    host: fc.oneof(
      { weight: 20, arbitrary: fc.constant("signet.test") },
      { weight: 1, arbitrary: fc.constantFrom("a b", "", ...hosts) },
    ),
    version: fc.oneof({ weight: 20, arbitrary: fc.constant("1.1") }, { weight: 1, arbitrary: fc.constant("1.0") }),
    bodyForm: usually(
      "as it is",
      "invalid UTF-8",
      "byte order mark",
      "two byte order marks",
      "garbage",
      "empty",
      "form",
      "binary",
    ),
    framing: usually("length", "chunked", "split", "chunked and split"),
    padding:
      options.maxPadding === undefined ? fc.constant(0) : fc.constantFrom(0, 0, 0, 50, 700, 2_000, options.maxPadding),
  });

const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  { weight: 7, arbitrary: fc.constant(plainBehaviour) },
  {
    weight: 3,
    arbitrary: fc.record({
      context: fc.constantFrom("plain", "plain", "plain", ...contextBehaviours),
      meta: fc.constantFrom("nothing", "nothing", "nothing", ...metaBehaviours),
      onError: fc.constantFrom("records", "records", ...errorBehaviours),
    }),
  },
);

/** One connection with one request as a rule, with up to four sometimes, written at once or bit by bit. */
export function scenarios(options: RequestOptions): fc.Arbitrary<Scenario> {
  const one = requestParts(options);
  const requests = fc.oneof(
    { weight: 8, arbitrary: one.map((parts) => [parts]) },
    { weight: 1, arbitrary: fc.array(one, { minLength: 2, maxLength: 4 }) },
  );
  return fc
    .record({ requests, given: behaviour, pipelined: fc.boolean() })
    .map(({ requests: all, given, pipelined }): Scenario => {
      const alone = all.find(mustComeAlone);
      const sent = alone === undefined ? all : [alone];
      return {
        requests: sent.map((parts) => renderRequest(parts, options)),
        behaviour: sent.length > 1 ? steady(given) : given,
        // What the server closes after must have come whole by then.
        pipelined: pipelined || sent.some(closesConnection),
      };
    });
}

/** Which of several requests is the first to meet a hook that throws once is a matter of turns. */
function steady(given: Behaviour): Behaviour {
  return given.meta === "throws once" ? { ...given, meta: "throws" } : given;
}

/** A subscription ends when its client goes, and others on that connection with it. */
function mustComeAlone(parts: Parts): boolean {
  const isSubscription = parts.calls.some(({ type }) => type === "subscription");
  return isSubscription || parts.oddTarget?.includes("counts") === true || closesConnection(parts);
}

/** HTTP/1.0, and what Node's parser refuses, answered requests before it or not. */
function closesConnection({ oddTarget = "", method, version }: Parts): boolean {
  return version === "1.0" || method === "QUERY" || /[^\u0021-\u007E]/.test(oddTarget);
}
