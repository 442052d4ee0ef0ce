// @signet/accounts/testing: for the tests of every room that has to do with people.

export { type AccountStoreHarness, accountStoreContract, type ContractCase } from "./account-store-contract.ts";
export { createMemoryAccountStore, type MemoryAccountStore } from "./memory-account-store.ts";
