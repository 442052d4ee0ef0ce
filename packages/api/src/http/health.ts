// GET /healthz: the process runs. GET /readyz: it can do its work.

import type { ApiServices } from "../context.ts";
import { json } from "./answers.ts";

export function healthz(): Response {
  return json({ ok: true });
}

export async function readyz(services: ApiServices): Promise<Response> {
  const checks = await services.readiness();
  // What follows "ok:" is for an operator to mend, and keeps nobody from being served.
  const ready = Object.values(checks).every((check) => /^ok(:|$)/.test(check));
  return json({ ready, checks }, { status: ready ? 200 : 503 });
}
