"use client";

import { Button } from "@base-ui/react/button";
import { AuthClientError } from "@signet/client";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { actionWords } from "./words";

interface ConfirmedActionProps {
  /** On the button. */
  label: string;
  /** The same for somebody who does not see the row that the button is in. */
  description?: string;
  /** What will happen. */
  question: string;
  /** On the button that does it. */
  confirm: string;
  /** What it throws is shown here, where there are words for it, and the question stays. */
  run: () => Promise<void>;
  /** The words for what `run` has thrown; null for what is no refusal, and a fault of ours. Default: for an AuthClientError. */
  wordsFor?: (error: unknown) => string | null;
}

const wordsForAuth = (error: unknown) => (error instanceof AuthClientError ? actionWords(error) : null);

/** A button that asks once, in its own place, before it does what cannot be taken back. */
export function ConfirmedAction({
  label,
  description,
  question,
  confirm,
  run,
  wordsFor = wordsForAuth,
}: ConfirmedActionProps) {
  const [step, setStep] = useState<"idle" | "asking" | "running">("idle");
  const [problem, setProblem] = useState<string | null>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const asked = useRef<HTMLFieldSetElement>(null);
  const cancelled = useRef(false);
  const questionId = useId();
  const isIdle = step === "idle";

  // Whoever uses the keyboard goes to the question (not to its answer, which a held key would give), and after a "no" back
  // to where it was asked. After a "yes" it is the page's turn, where this button may have gone.
  useEffect(() => {
    if (!isIdle) asked.current?.focus();
    else if (cancelled.current) opener.current?.focus();
    cancelled.current = false;
  }, [isIdle]);

  const ask = () => {
    setProblem(null);
    setStep("asking");
  };

  const cancel = () => {
    cancelled.current = true;
    setStep("idle");
  };

  const act = async () => {
    // A second press while the first is under way is the same wish.
    if (step === "running") return;
    setStep("running");
    setProblem(null);
    try {
      await run();
      setStep("idle");
    } catch (error) {
      setStep("asking");
      const words = wordsFor(error);
      if (words === null) throw error;
      setProblem(words);
    }
  };

  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (key === "Escape" && step === "asking") cancel();
  };

  if (isIdle) {
    return (
      <Button ref={opener} className="button button-plain" aria-label={description} onClick={ask}>
        {label}
      </Button>
    );
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape says no, wherever in the question one is
    <fieldset
      ref={asked}
      tabIndex={-1}
      aria-labelledby={questionId}
      onKeyDown={onKeyDown}
      className="appear grid w-full gap-3 rounded-lg bg-well p-4"
    >
      <p id={questionId} className="max-w-prose">
        {question}
      </p>
      <div className="flex flex-wrap gap-2">
        <Button
          className="button button-seal"
          disabled={step === "running"}
          focusableWhenDisabled
          onClick={() => void act()}
        >
          {step === "running" ? "One moment …" : confirm}
        </Button>
        <Button
          className="button button-plain bg-sheet"
          disabled={step === "running"}
          focusableWhenDisabled
          onClick={cancel}
        >
          No, change nothing
        </Button>
      </div>
      <p role="alert" className="text-[0.95rem] text-part-signature empty:hidden">
        {problem}
      </p>
    </fieldset>
  );
}
