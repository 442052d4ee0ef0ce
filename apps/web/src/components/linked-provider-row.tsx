"use client";

import { Button } from "@base-ui/react/button";
import { useId } from "react";
import { ConfirmedAction } from "./confirmed-action";
import { ElapsedTime } from "./elapsed-time";
import { isLastWayIn } from "./last-way-in";
import { ProviderMark } from "./provider-mark";
import { refusalFrom } from "./refusal-from";
import { SignInMethodRow } from "./sign-in-method-row";
import type { LinkedProvider, SignInMethodList } from "./sign-in-methods-query";
import { actionWords } from "./words";

interface LinkedProviderRowProps {
  linked: LinkedProvider;
  methods: SignInMethodList;
  /** The server's time. */
  nowMs: number;
  unlink: () => Promise<void>;
}

/** A provider that somebody can sign in with. The last way in stays. */
export function LinkedProviderRow({ linked, methods, nowMs, unlink }: LinkedProviderRowProps) {
  const { issuer, provider, label, linkedAt } = linked;
  const reasonId = useId();
  const isLast = isLastWayIn(methods, issuer);
  return (
    <SignInMethodRow
      mark={<ProviderMark name={provider ?? issuer} label={label} />}
      name={label}
      said={
        <>
          Linked <ElapsedTime seconds={linkedAt} nowMs={nowMs} />.
          {provider === null && " It cannot be used here any more."}
          {isLast && (
            <span id={reasonId} className="block">
              Your only way in: to unlink it, set a password first or link another.
            </span>
          )}
        </>
      }
    >
      {isLast ? (
        <Button
          className="button button-plain button-off"
          aria-label={`Unlink ${label}`}
          aria-describedby={reasonId}
          disabled
          focusableWhenDisabled
        >
          Unlink
        </Button>
      ) : (
        <ConfirmedAction
          label="Unlink"
          description={`Unlink ${label}`}
          question={`Unlink ${label}? You can no longer sign in with it then, until you link it again, and other devices that came by a provider are signed out. Nothing changes at ${label}.`}
          confirm="Yes, unlink it"
          run={unlink}
          wordsFor={unlinkWords}
        />
      )}
    </SignInMethodRow>
  );
}

function unlinkWords(error: unknown): string | null {
  const refusal = refusalFrom(error);
  return refusal === null ? null : actionWords(refusal);
}
