import { describe, expect, it } from "vitest";
import { accountStoreContract } from "./account-store-contract.ts";
import { createMemoryAccountStore } from "./memory-account-store.ts";
import { providerStoreContract } from "./provider-store-contract.ts";
import { sessionStoreContract } from "./session-store-contract.ts";

describe("the account store in memory", () => {
  const store = createMemoryAccountStore(() => Date.now());
  const contract = [
    ...accountStoreContract(() => store),
    ...sessionStoreContract(() => store),
    ...providerStoreContract(() => store),
  ];
  it.each(contract.map(({ name, run }) => [name, run] as const))("%s", async (_, run) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
