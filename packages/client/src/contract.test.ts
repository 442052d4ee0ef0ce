import type { AppRouter } from "@signet/api";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { expectTypeOf, it } from "vitest";
import type { HandedOver } from "./auth-api.ts";
import type { AuthUser, Credentials, Ended, RefreshTokenPlace, SessionInfo } from "./index.ts";

type Inputs = inferRouterInputs<AppRouter>["auth"];
type Outputs = inferRouterOutputs<AppRouter>["auth"];

it("agrees with the API about what is sent and what comes back (checked by the compiler)", () => {
  expectTypeOf<Outputs["whoami"]>().toExtend<AuthUser>();
  type Entry = Credentials & { refreshToken: RefreshTokenPlace };
  expectTypeOf<Entry>().toExtend<Inputs["issueToken"]>();
  expectTypeOf<Entry>().toExtend<Inputs["signUp"]>();
  type Redeemed = { code: string; verifier: string; refreshToken: RefreshTokenPlace };
  expectTypeOf<Redeemed>().toExtend<Inputs["redeem"]>();
  expectTypeOf<Redeemed & { username: string }>().toExtend<Inputs["signUpWithProvider"]>();
  expectTypeOf<HandedOver>().toExtend<Inputs["linkProvider"]>();
  type NewPassword = { currentPassword: string; newPassword: string; refreshToken: RefreshTokenPlace };
  expectTypeOf<NewPassword>().toExtend<Inputs["changePassword"]>();
  type Issued = { accessToken: string; expiresIn: number; expiresAt: number; sessionId: string };
  expectTypeOf<Outputs["issueToken"]>().toExtend<Issued>();
  expectTypeOf<Outputs["signUp"]>().toExtend<Issued>();
  expectTypeOf<Outputs["changePassword"]>().toExtend<Issued>();
  expectTypeOf<Outputs["redeem"]>().toExtend<Issued>();
  expectTypeOf<Outputs["signUpWithProvider"]>().toExtend<Issued>();
  expectTypeOf<Outputs["linkProvider"]>().toExtend<{ label: string }>();
  expectTypeOf<Outputs["listSessions"]>().toExtend<SessionInfo[]>();
  for (const procedure of ["signOutOthers", "signOutEverywhere", "endSession"] as const) {
    expectTypeOf<Outputs[typeof procedure]>().toExtend<Ended>();
  }
});
