// @signet/accounts/testing: for the tests of every room that has to do with people.

export { accountStoreContract, type ContractCase, type ContractStore } from "./account-store-contract.ts";
export { counterStoreContract } from "./counter-store-contract.ts";
export { createMemoryAccountStore, type MemoryAccountStore } from "./memory-account-store.ts";
export { createMemoryCounterStore } from "./memory-counter-store.ts";
export { type ProviderContractStore, providerStoreContract } from "./provider-store-contract.ts";
export { type SessionContractStore, sessionStoreContract } from "./session-store-contract.ts";
