import { describe, expect, it } from "vitest";
import { accountStoreContract } from "./account-store-contract.ts";
import { createMemoryAccountStore } from "./memory-account-store.ts";

describe("the account store in memory", () => {
  const store = createMemoryAccountStore(() => Date.now());
  const { disableUser, changePassword } = store;
  const contract = accountStoreContract(() => ({ store, disableUser, changePassword }));
  it.each(contract.map(({ name, run }) => [name, run] as const))("%s", async (_, run) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
