// Which procedures are called with what: mostly sensible, always a few that are not.
import fc from "fast-check";
import { resultKinds } from "./awkward-results.ts";
import { formatterTriggers, throwKinds } from "./failures.ts";
import { errorCodes } from "./router.ts";

/** `input` is JSON text as it stands on the wire; undefined sends none. */
export type Call = { path: string; input: string | undefined; type: "query" | "mutation" | "subscription" };

// Separated by bars, as spaces and commas matter.
const oddJson = `null|true|0|-0|""|[]|{}|{"0":1}|1e400|12345678901234567890|0.1e-400|"\\ud800"|"\\u0000"|{"__proto__":{"admin":true}}
|{"constructor":{"prototype":1}}|{"a":1,"a":2}| {"name" : "spaced" } |[1,2,3]|"+%2B &="|"grüße"|{"toString":1}|[[[[[[[[[[]]]]]]]]]]`;
const brokenJson = `| |undefined|NaN|{|[1,|"open|{'a':1}|01|+1|1 2|\u0000|// no|[1,]|\uFEFF{"name":"one mark"}|\uFEFF
|\uFEFF\uFEFF{"name":"two marks"}|{"name":"Ann"}garbage`;

const json = fc.oneof(
  { weight: 4, arbitrary: fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.constantFrom(...oddJson.split("|")) },
  { weight: 1, arbitrary: fc.constantFrom(...brokenJson.split("|")) },
);

const nameInput = fc.oneof(
  { weight: 5, arbitrary: fc.string({ maxLength: 20, unit: "grapheme" }).map((name) => JSON.stringify({ name })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('{"name":"Ann","extra":1}', '{"name":1}', '{"name":"much longer than allowed"}'),
  },
  { weight: 1, arbitrary: json },
);

const fitting = (values: readonly string[]): fc.Arbitrary<string> =>
  fc.constantFrom(...values).map((value) => JSON.stringify(value));
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 5 });

function call(type: Call["type"], paths: readonly string[], input: fc.Arbitrary<string>): fc.Arbitrary<Call> {
  return fc.record({ path: fc.constantFrom(...paths), input: maybe(input), type: fc.constant(type) });
}

const plainQueries = ["nothing", "guarded", "refusesItsOutput", "setsStatus", "later.hello", "later.deeper.hello"];
const oddQueries = ["toString", "hasOwnProperty", "with,comma", "with/slash", "with space", "grüße", "100%", ""];
const unknownPaths = `unknown|__proto__|constructor|prototype|valueOf|users|users.|.users.save|users..save|users.save.toString
|users.__proto__|GREETING|greeting |later|later.missing|laterhello|later.deeper|later.__proto__|neverThere.hello|then|call|apply|0`;

const query = fc.oneof(
  { weight: 6, arbitrary: call("query", ["greeting"], nameInput) },
  { weight: 4, arbitrary: call("query", ["echo"], json) },
  { weight: 3, arbitrary: call("query", plainQueries, json) },
  { weight: 3, arbitrary: call("query", ["gives"], fitting(resultKinds)) },
  { weight: 2, arbitrary: call("query", ["fails"], fitting([...errorCodes, "NO_SUCH_CODE"])) },
  { weight: 2, arbitrary: call("query", ["throws"], fitting(throwKinds)) },
  { weight: 2, arbitrary: call("query", ["failsWith"], fitting(["plain", ...formatterTriggers])) },
  { weight: 2, arbitrary: call("query", oddQueries, json) },
);
const mutation = fc.oneof(
  { weight: 4, arbitrary: call("mutation", ["users.save", "rawInputTwice", "later.save"], json) },
  {
    weight: 3,
    arbitrary: call("mutation", ["users.rename"], fc.constantFrom('{"id":1}', '{"id":2,"name":"Bo"}', '{"id":""}')),
  },
  { weight: 2, arbitrary: call("mutation", ["ping", "setsHeaders", "uploads", "streamsIn"], json) },
  { weight: 1, arbitrary: call("mutation", ["givesAfterSaving"], fitting(resultKinds)) },
  { weight: 1, arbitrary: call("mutation", ["failsToSave"], fitting(errorCodes)) },
);
const unknown = call("query", unknownPaths.split("|"), json);
const subscription = call("subscription", ["counts", "observes", "failsToCount"], json);

/** One call, or the calls of one batch: of one type as a rule. */
export const calls: fc.Arbitrary<Call[]> = fc.oneof(
  { weight: 10, arbitrary: query.map((one) => [one]) },
  { weight: 8, arbitrary: mutation.map((one) => [one]) },
  { weight: 2, arbitrary: unknown.map((one) => [one]) },
  { weight: 1, arbitrary: subscription.map((one) => [one]) },
  { weight: 6, arbitrary: fc.array(query, { minLength: 1, maxLength: 6 }) },
  { weight: 4, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 6 }) },
  { weight: 3, arbitrary: fc.array(fc.oneof(query, unknown), { minLength: 1, maxLength: 5 }) },
  { weight: 2, arbitrary: fc.array(fc.oneof(query, mutation, unknown, subscription), { minLength: 1, maxLength: 4 }) },
);
