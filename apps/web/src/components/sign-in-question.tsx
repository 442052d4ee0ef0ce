"use client";

import { Button } from "@base-ui/react/button";
import { useAuth } from "@signet/client/react";

/** A link brought a good token that nobody here asked for. It may be somebody else's: so the person decides. */
export function SignInQuestion() {
  const auth = useAuth();
  if (auth.status !== "signed-out" || auth.question === null) return null;
  const { username } = auth.question;
  return (
    <section aria-labelledby="question" className="sheet appear mb-10 p-6 sm:p-8">
      <h2 id="question" className="text-2xl">
        Continue as {username}?
      </h2>
      <p className="mt-2 max-w-prose text-ink-soft">
        The link that brought you here carries a sign-in for {username}, but this browser did not ask for one. Continue
        only if {username} is you: what you do next would be done in that name.
      </p>
      <div className="mt-5 flex flex-wrap gap-3">
        <Button className="button button-seal" onClick={() => void auth.confirm().catch(() => undefined)}>
          Continue as {username}
        </Button>
        <Button className="button button-plain" onClick={() => auth.dismiss()}>
          No, forget it
        </Button>
      </div>
    </section>
  );
}
