import { expect, it } from "vitest";
import * as accounts from "./index.ts";
import * as testing from "./testing.ts";

it("exports these names and no others", () => {
  expect(Object.keys(accounts).toSorted()).toEqual([
    "ProviderError",
    "auditKinds",
    "createAccounts",
    "createBudgets",
    "createGithubProvider",
    "createOidcProvider",
    "createPasswordHasher",
    "createPeople",
    "deviceMarkSeconds",
    "networksOf",
    "normalizeUsername",
    "providerTransactionSeconds",
  ]);
  expect(Object.keys(testing).toSorted()).toEqual([
    "accountStoreContract",
    "counterStoreContract",
    "createMemoryAccountStore",
    "createMemoryCounterStore",
    "providerStoreContract",
    "sessionStoreContract",
  ]);
});
