"use client";

import { useAuth } from "@signet/client/react";
import Link from "next/link";
import { CredentialsForm } from "./credentials-form";
import { EntryPage } from "./entry-page";
import { Notice } from "./notice";
import { type ProviderProblem, providerProblemWords } from "./provider-problem";
import { signedOutWords } from "./words";

interface SignUpProps {
  /** Already judged: a path of this origin. */
  returnPath: string;
  /** Whether the person was on the way to that page. */
  wasSent: boolean;
  /** Why a sign-in with a provider came to nothing. */
  problem: ProviderProblem | null;
}

export function SignUp({ returnPath, wasSent, problem }: SignUpProps) {
  const auth = useAuth();
  const onward = wasSent ? `?${new URLSearchParams({ return_to: returnPath })}` : "";
  return (
    <EntryPage title="Create an account" lead="A name and a password. Nothing else is asked." returnPath={returnPath}>
      {({ reason }) => {
        // What else has ended on the way here is told where people sign in.
        const said = reason === "not_completed" ? signedOutWords[reason] : null;
        const words = problem === null ? said : providerProblemWords(problem, "sign-up");
        return (
          <>
            {words !== null && (
              <div className="mb-6">
                <Notice>{words}</Notice>
              </div>
            )}
            <CredentialsForm kind="sign-up" submit={auth.signUp} comeBackTo={`/sign-up${onward}`}>
              <p className="text-center text-ink-soft">
                Been here before?{" "}
                <Link href={`/sign-in${onward}`} className="link text-ink">
                  Sign in
                </Link>
              </p>
            </CredentialsForm>
          </>
        );
      }}
    </EntryPage>
  );
}
