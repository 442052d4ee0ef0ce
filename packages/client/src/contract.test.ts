import type { AppRouter } from "@signet/api";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { expectTypeOf, it } from "vitest";
import type { AuthUser, Credentials } from "./index.ts";

type Inputs = inferRouterInputs<AppRouter>["auth"];
type Outputs = inferRouterOutputs<AppRouter>["auth"];

it("agrees with the API about what is sent and what comes back (checked by the compiler)", () => {
  expectTypeOf<Outputs["whoami"]>().toExtend<AuthUser>();
  expectTypeOf<Credentials & { refreshToken: "none" }>().toExtend<Inputs["issueToken"]>();
  expectTypeOf<Credentials & { refreshToken: "none" }>().toExtend<Inputs["signUp"]>();
  type Issued = { accessToken: string; expiresIn: number; expiresAt: number; sessionId: string };
  expectTypeOf<Outputs["issueToken"]>().toExtend<Issued>();
  expectTypeOf<Outputs["signUp"]>().toExtend<Issued>();
});
