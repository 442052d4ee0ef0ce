// The least that a Next route handler costs.

export const dynamic = "force-dynamic";

export function GET() {
  return Response.json({ hello: "anybody" });
}
