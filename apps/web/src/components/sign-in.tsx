"use client";

import { useAuth, whyFrom } from "@signet/client/react";
import Link from "next/link";
import { CredentialsForm } from "./credentials-form";
import { EntryPage } from "./entry-page";
import { Notice } from "./notice";
import { type ProviderProblem, providerProblemWords } from "./provider-problem";
import { signedOutEverywhere, signedOutWords } from "./words";

interface SignInProps {
  /** Already judged: a path of this origin. */
  returnPath: string;
  /** Whether the person was on the way to that page. */
  wasSent: boolean;
  why: string | undefined;
  /** Whether all devices were signed out with this one. */
  everywhere: boolean;
  /** Why a sign-in with a provider came to nothing. */
  problem: ProviderProblem | null;
}

export function SignIn({ returnPath, wasSent, why, everywhere, problem }: SignInProps) {
  const auth = useAuth();
  const onward = wasSent ? `?${new URLSearchParams({ return_to: returnPath })}` : "";
  const lead = wasSent ? (
    <>
      <span className="break-all">{returnPath}</span> is for people who are signed in. You go there next.
    </>
  ) : (
    "Your name and password buy a token; from then on the token alone says who you are."
  );
  return (
    <EntryPage title="Sign in" lead={lead} returnPath={returnPath}>
      {(state) => {
        const reason = whyFrom(why, state);
        const said = reason === "signed_out" && everywhere ? signedOutEverywhere : signedOutWords[reason];
        const words = problem === null ? said : providerProblemWords(problem, "sign-in");
        return (
          <>
            {words !== null && (
              <div className="mb-6">
                <Notice>{words}</Notice>
              </div>
            )}
            <CredentialsForm kind="sign-in" submit={auth.signIn} comeBackTo={`/sign-in${onward}`}>
              <p className="text-center text-ink-soft">
                New here?{" "}
                <Link href={`/sign-up${onward}`} className="link text-ink">
                  Create an account
                </Link>
              </p>
            </CredentialsForm>
          </>
        );
      }}
    </EntryPage>
  );
}
