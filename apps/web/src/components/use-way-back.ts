"use client";

import { AuthClientError } from "@signet/client";
import { useAuth } from "@signet/client/react";
import { useEffect, useRef } from "react";
import { type ProviderProblem, providerProblemWords } from "./provider-problem";
import { linkWords, stillHereWords } from "./sign-in-method-words";
import { useSignInMethodsChanged } from "./sign-in-methods-query";

/** What came of changing the ways to sign in. */
export interface Outcome {
  words: string;
  isGood: boolean;
  /** It was not done because the sign-in is too long ago. */
  signInAgain?: true;
}

/** What came of a way to a provider and back, which ends on this page. */
export function useWayBack(problem: ProviderProblem | null, onOutcome: (outcome: Outcome) => void): void {
  const { finishLink, signInProblem } = useAuth();
  const methodsChanged = useSignInMethodsChanged();
  const latest = useRef({ methodsChanged, onOutcome });

  useEffect(() => {
    latest.current = { methodsChanged, onOutcome };
  });

  useEffect(() => {
    if (problem === null) return;
    latest.current.onOutcome({ words: providerProblemWords(problem, "account"), isGood: false });
    // Said once: neither a reload nor the way to the sign-in page says it again.
    const url = new URL(window.location.href);
    url.searchParams.delete("provider_error");
    window.history.replaceState(null, "", url);
  }, [problem]);

  useEffect(() => {
    let wanted = true;
    const tell = (outcome: Outcome) => {
      if (wanted) latest.current.onOutcome(outcome);
    };
    const finish = async () => {
      try {
        const unfinished = await signInProblem();
        if (unfinished !== null) return tell({ words: stillHereWords(unfinished), isGood: false });
        const linked = await finishLink();
        if (linked === null) return;
        await latest.current.methodsChanged();
        tell({ words: `${linked.label} is linked. You can sign in with it now.`, isGood: true });
      } catch (error) {
        if (!(error instanceof AuthClientError)) throw error;
        const isStale = error.reason === "reauthentication_required";
        tell({ words: linkWords(error), isGood: false, ...(isStale && { signInAgain: true }) });
        void latest.current.methodsChanged();
      }
    };
    void finish();
    return () => {
      wanted = false;
    };
  }, [finishLink, signInProblem]);
}
