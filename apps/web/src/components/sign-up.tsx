"use client";

import { useAuth } from "@signet/client/react";
import Link from "next/link";
import { CredentialsForm } from "./credentials-form";
import { EntryPage } from "./entry-page";

export function SignUp({ returnPath, wasSent }: { returnPath: string; wasSent: boolean }) {
  const auth = useAuth();
  const onward = wasSent ? `?${new URLSearchParams({ return_to: returnPath })}` : "";
  return (
    <EntryPage title="Create an account" lead="A name and a password. Nothing else is asked." returnPath={returnPath}>
      {() => (
        <CredentialsForm kind="sign-up" submit={auth.signUp}>
          <p className="text-center text-ink-soft">
            Been here before?{" "}
            <Link href={`/sign-in${onward}`} className="link text-ink">
              Sign in
            </Link>
          </p>
        </CredentialsForm>
      )}
    </EntryPage>
  );
}
