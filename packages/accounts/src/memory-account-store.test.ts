import { describe, it } from "vitest";
import { accountStoreContract } from "./account-store-contract.ts";
import { createMemoryAccountStore } from "./memory-account-store.ts";

describe("the account store in memory", () => {
  const store = createMemoryAccountStore(() => Date.now());
  const { disableUser, changePassword } = store;
  for (const { name, run } of accountStoreContract(() => ({ store, disableUser, changePassword }))) it(name, run);
});
