import { expect, it } from "vitest";
import * as core from "./index.ts";
import * as react from "./react/index.ts";
import * as trpc from "./trpc/index.ts";

it("exports these names, and no others", () => {
  expect({ core: Object.keys(core).toSorted(), trpc: Object.keys(trpc), react: Object.keys(react).toSorted() }).toEqual(
    {
      core: [
        "AuthClientError",
        "captureTokenFromAddress",
        "createAuthClient",
        "createLocalStorage",
        "createMemoryStorage",
        "decodeUnverified",
        "returnPathFrom",
        "systemClientClock",
      ],
      trpc: ["authLink"],
      react: [
        "AuthProvider",
        "AuthStateContext",
        "RequireAuth",
        "personalPersister",
        "retryUnlessRefused",
        "returnPathFrom",
        "signInHref",
        "useAuth",
        "whyFrom",
      ].toSorted(),
    },
  );
});
