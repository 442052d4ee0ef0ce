// Where a provider keeps its codes and sessions: in memory, for as long as it runs, and each provider for itself, so that one never knows
// another's codes.

import type { Adapter, AdapterFactory, AdapterPayload } from "oidc-provider";

export function createMemoryAdapter(): AdapterFactory {
  const rows = new Map<string, AdapterPayload>();
  const findBy = (kind: string, field: "uid" | "userCode", value: string) =>
    [...rows].find(([key, row]) => key.startsWith(`${kind}:`) && row[field] === value)?.[1];

  return (kind): Adapter => ({
    async upsert(id, payload) {
      rows.set(`${kind}:${id}`, payload);
    },
    find: async (id) => rows.get(`${kind}:${id}`),
    findByUid: async (uid) => findBy(kind, "uid", uid),
    findByUserCode: async (userCode) => findBy(kind, "userCode", userCode),
    async consume(id) {
      const row = rows.get(`${kind}:${id}`);
      if (row !== undefined) row.consumed = Math.floor(Date.now() / 1000);
    },
    async destroy(id) {
      rows.delete(`${kind}:${id}`);
    },
    async revokeByGrantId(grantId) {
      for (const [key, row] of rows) if (row.grantId === grantId) rows.delete(key);
    },
  });
}
