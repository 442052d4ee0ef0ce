"use client";

import { Button } from "@base-ui/react/button";
import { useAuth } from "@signet/client/react";
import { useEffect, useRef, useState } from "react";
import { useAppSettings } from "./app-settings";
import { LinkedProviderRow } from "./linked-provider-row";
import { PasswordMark, ProviderMark } from "./provider-mark";
import { refusalFrom } from "./refusal-from";
import { useServerNow } from "./server-now";
import { useSessionsChanged } from "./sessions-query";
import { SignInAgain } from "./sign-in-again";
import { isFreshEnough } from "./sign-in-age";
import { SignInMethodRow } from "./sign-in-method-row";
import { unlinkedWords } from "./sign-in-method-words";
import { type LinkedProvider, useSignInMethods, useSignInMethodsChanged } from "./sign-in-methods-query";
import { trpc } from "./trpc";
import { useSettingOut } from "./use-setting-out";
import type { Outcome } from "./use-way-back";
import { actionWords } from "./words";

interface SignInMethodsProps {
  username: string;
  /** What came of the last change, here or on the way to a provider and back. */
  outcome: Outcome | null;
  onOutcome: (outcome: Outcome | null) => void;
}

type Change = () => Promise<void>;

/** What somebody signs in with, and how to change that. */
export function SignInMethods({ username, outcome, onOutcome }: SignInMethodsProps) {
  const auth = useAuth();
  const { providers } = useAppSettings();
  const methods = useSignInMethods();
  const methodsChanged = useSignInMethodsChanged();
  const sessionsChanged = useSessionsChanged();
  const unlinking = trpc.auth.unlinkProvider.useMutation();
  const nowMs = useServerNow();
  const heading = useRef<HTMLHeadingElement>(null);
  const { goingTo, setOut } = useSettingOut((words) => onOutcome(words === null ? null : { words, isGood: false }));
  /** What is done once the person has signed in again. */
  const [waiting, setWaiting] = useState<{ change: Change } | null>(null);
  const asksAgain = waiting !== null || outcome?.signInAgain === true;

  // Here one reads on: what was pressed may be gone, or it was on another page.
  useEffect(() => {
    if (outcome !== null && outcome.signInAgain !== true) heading.current?.focus();
  }, [outcome]);

  const say = (words: string, isGood: boolean) => onOutcome({ words, isGood });

  const unlink = async ({ issuer, label }: LinkedProvider) => {
    onOutcome(null);
    const { unlinked, ended } = await unlinking.mutateAsync({ issuer });
    await methodsChanged();
    if (ended > 0) void sessionsChanged();
    say(unlinkedWords(label, unlinked, ended), true);
  };

  /** Asks first for a new sign-in where the API wants one. What else is refused goes to whoever asked. */
  const change = async (wanted: Change) => {
    try {
      await wanted();
    } catch (error) {
      if (refusalFrom(error)?.reason !== "reauthentication_required") throw error;
      setWaiting({ change: wanted });
    }
  };

  const link = async (provider: string) => {
    const wanted = () => setOut(provider, () => auth.linkProvider(provider, { returnTo: "/account" }));
    if (isFreshEnough(await auth.getAccessToken(), auth.timeLeftMs())) return wanted();
    onOutcome(null);
    setWaiting({ change: wanted });
  };

  const goOn = async () => {
    setWaiting(null);
    if (waiting === null) return say("You have signed in again. Now begin once more.", true);
    try {
      await waiting.change();
    } catch (error) {
      const refusal = refusalFrom(error);
      if (refusal === null) throw error;
      say(actionWords(refusal), false);
    }
  };

  const cancel = () => {
    setWaiting(null);
    onOutcome(null);
    heading.current?.focus();
  };

  const list = methods.data;
  const rowOf = (linked: LinkedProvider) =>
    list !== undefined && (
      <LinkedProviderRow
        key={linked.issuer}
        linked={linked}
        methods={list}
        nowMs={nowMs}
        unlink={() => change(() => unlink(linked))}
      />
    );
  return (
    <section aria-labelledby="ways" className="sheet mt-6 p-6 sm:p-8">
      <h2 id="ways" ref={heading} tabIndex={-1} className="scroll-mt-6 text-2xl focus-visible:outline-none">
        Ways to sign in
      </h2>
      <p className="mt-2 max-w-prose text-ink-soft">Each of these alone is enough to sign in as you.</p>
      {/* One place for both: what was done, or why it was not. */}
      <div className="mt-1 grid min-h-7 max-w-prose *:col-start-1 *:row-start-1">
        <output className="font-medium text-good">{outcome?.isGood === true && outcome.words}</output>
        <p role="alert" className="text-part-signature">
          {outcome?.isGood === false && outcome.words}
        </p>
      </div>
      {asksAgain && list !== undefined && (
        <SignInAgain username={username} methods={list} onSignedIn={goOn} cancel={cancel} />
      )}

      {list === undefined ? (
        <p className="mt-3 border-t border-rule pt-5">
          Your ways to sign in cannot be listed just now.{" "}
          <Button onClick={() => void methods.refetch()} className="link cursor-pointer">
            Ask again
          </Button>
        </p>
      ) : (
        <ul aria-label="Ways to sign in" className="mt-3">
          <SignInMethodRow
            mark={<PasswordMark />}
            name="Password"
            said={list.password ? "Set. You can change it below." : "None so far. You can set one below."}
          />
          {/* Each in its own place, linked or not: nothing moves when that changes. */}
          {providers.map((provider) => {
            const linked = list.providers.find((found) => found.provider === provider.name);
            return linked === undefined ? (
              <SignInMethodRow
                key={provider.name}
                mark={<ProviderMark {...provider} />}
                name={provider.label}
                said="Not linked."
              >
                <Button
                  className="button button-plain"
                  aria-label={goingTo === provider.name ? undefined : `Link ${provider.label}`}
                  disabled={goingTo !== null}
                  focusableWhenDisabled
                  onClick={() => void link(provider.name)}
                >
                  {goingTo === provider.name ? "One moment …" : "Link"}
                </Button>
              </SignInMethodRow>
            ) : (
              rowOf(linked)
            );
          })}
          {list.providers.filter(isFormer).map(rowOf)}
        </ul>
      )}
    </section>
  );
}

/** Linked when it was configured here. */
function isFormer({ provider }: LinkedProvider): boolean {
  return provider === null;
}
