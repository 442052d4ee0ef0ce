// OAU-13, OAU-14: a provider that is slow, broken or hostile. Over real HTTP; the deadline is short so that nobody waits for it.

import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { type Place, type Trouble, troubles } from "@signet/dev-provider";
import { expect, test, vi } from "vitest";
import type { ProviderProblem } from "../../src/oidc/identity-provider.ts";
import { createOidcProvider } from "../../src/oidc/oidc-provider.ts";
import {
  clientId,
  createScene,
  createTransaction,
  expectProblem,
  expectTwinSignedIn,
  problemOf,
  redirectUri,
  signIn,
  visit,
} from "./provider-scene.ts";

const scene = await createScene();
const { provider, createParty } = scene;
const deadlineMs = 400;
/** What a machine that has much else to do may add. */
const patienceMs = 1_500;

async function timed(step: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await step;
  return performance.now() - start;
}

/** Where somebody is on the way when the trouble begins. */
async function beginBefore(place: Place, trouble: Trouble) {
  const party = createParty({ deadlineMs });
  const tamper = () => provider.tamper({ instead: { [place]: trouble } });
  if (place === "metadata") {
    tamper();
    return () => party.authorizationUrl(createTransaction());
  }
  const { query, transaction } = await visit(party);
  tamper();
  return () => party.identify(query, transaction);
}

const placesThatMatter = ["metadata", "token", "keys"] as const;
const kinds: [keyof typeof troubles, ProviderProblem][] = [
  ["hang", "unavailable"],
  ["hangAfterHead", "unavailable"],
  ["trickle", "unavailable"],
  ["serverError", "unavailable"],
  ["tooManyRequests", "unavailable"],
  ["huge", "unavailable"],
  ["gzipBomb", "unavailable"],
  ["redirectInside", "unavailable"],
  ["page", "unavailable"],
  ["cutOff", "unavailable"],
  ["notJson", "refused"],
  ["notAnObject", "refused"],
];

test.each(placesThatMatter.flatMap((place) => kinds.map(([kind, problem]) => [place, kind, problem] as const)))(
  "OAU-13: %s that answer with %s end the sign-in in time, and the next one is all right",
  async (place, kind, problem) => {
    const step = await beginBefore(place, troubles[kind]);
    provider.takeRequests();
    const before = process.memoryUsage().arrayBuffers;
    const tookMs = await timed(expectProblem(step(), problem));
    expect(tookMs).toBeLessThan(deadlineMs + patienceMs);
    // Nothing is asked a second time, and nothing elsewhere: a redirect is not followed.
    expect(provider.takeRequests().length).toBeLessThanOrEqual(2);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
    await expectTwinSignedIn(scene);
  },
);

test("OAU-13: 404 for metadata and keys is unavailable; for the exchange it is a refusal", async () => {
  for (const [place, problem] of [
    ["metadata", "unavailable"],
    ["keys", "unavailable"],
    ["token", "refused"],
  ] as const) {
    provider.tamper();
    const step = await beginBefore(place, troubles.notFound);
    await expectProblem(step(), problem);
  }
});

test.each([301, 302, 303, 307, 308])(
  "OAU-14: a redirect with %d is not followed, with or without credentials",
  async (status) => {
    const visitors: string[] = [];
    const elsewhere = createHttpServer((request, response) => {
      visitors.push(`${request.method} ${request.url}`);
      response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
    }).listen(0, "localhost");
    await once(elsewhere, "listening");
    const address = elsewhere.address();
    const port = typeof address === "object" ? address?.port : undefined;
    try {
      for (const place of [...placesThatMatter, "userinfo"] as const) {
        provider.tamper();
        const step = await beginBefore(place, (_request, response) => {
          response.writeHead(status, { Location: `http://localhost:${port}/${place}` }).end();
        });
        await Promise.allSettled([step()]);
      }
      expect(visitors).toEqual([]);
    } finally {
      elsewhere.close();
    }
    await expectTwinSignedIn(scene);
  },
);

test("OAU-14: the deadline is for all requests of a step together, not for each", async () => {
  const slowly: Trouble = (_request, response) => {
    const timer = setTimeout(
      () => response.writeHead(200, { "Content-Type": "application/json" }).end('{"keys":[]}'),
      300,
    );
    response.on("close", () => clearTimeout(timer));
  };
  const party = createParty({ deadlineMs });
  const { query, transaction } = await visit(party);
  const restarted = createParty({ deadlineMs });
  // Metadata and keys take 300 ms each: less than the deadline, and together more.
  provider.tamper({
    instead: {
      metadata: (_request, response) => {
        const { issuer } = provider;
        const body = {
          issuer,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          authorization_response_iss_parameter_supported: true,
        };
        setTimeout(
          () => response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(body)),
          300,
        );
      },
      keys: slowly,
    },
  });
  const failure = await problemOf(restarted.identify(query, transaction));
  expect(failure).toMatchObject({
    problem: "unavailable",
    message: `The provider did not answer within ${deadlineMs} ms.`,
  });
});

test("OAU-14: by default a step has 5 seconds", async () => {
  const timers = vi.spyOn(globalThis, "setTimeout");
  try {
    await createParty().authorizationUrl(createTransaction());
    expect(timers.mock.calls.map(([, delayMs]) => delayMs)).toContain(5_000);
  } finally {
    timers.mockRestore();
  }
});

function partyAt(issuer: string) {
  return createOidcProvider({ name: "gone", label: "Gone", issuer, clientId, redirectUri, deadlineMs: 2_000 });
}

test("OAU-13: a name that does not exist, and a port where nobody listens, are unavailable", async () => {
  const server = createServer().listen(0, "localhost");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  server.close();
  await once(server, "close");
  await expectProblem(partyAt(`http://localhost:${port}`).authorizationUrl(createTransaction()), "unavailable");
  await expectProblem(partyAt("https://provider.invalid").authorizationUrl(createTransaction()), "unavailable");
});

test("OAU-13: a provider that is gone stops nobody from making one, and is asked again when it is back", async () => {
  const party = createParty({ deadlineMs });
  provider.tamper({ instead: { metadata: troubles.serverError } });
  await expectProblem(party.authorizationUrl(createTransaction()), "unavailable");
  provider.tamper();
  expect(await signIn(party)).toMatchObject({ issuer: provider.issuer });
});
