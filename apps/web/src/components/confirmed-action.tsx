"use client";

import { Button } from "@base-ui/react/button";
import { useEffect, useId, useRef, useState } from "react";

interface ConfirmedActionProps {
  /** On the button. */
  label: string;
  /** The same for somebody who does not see the row that the button is in. */
  description?: string;
  /** What will happen, as a question. */
  question: string;
  /** On the button that does it. */
  confirm: string;
  run: () => Promise<void>;
  disabled?: boolean;
}

/** A button that asks once, in its own place, before it does what cannot be taken back. */
export function ConfirmedAction({
  label,
  description,
  question,
  confirm,
  run,
  disabled = false,
}: ConfirmedActionProps) {
  const [step, setStep] = useState<"idle" | "asking" | "running">("idle");
  const askedBefore = useRef(false);
  const opener = useRef<HTMLButtonElement>(null);
  const confirmer = useRef<HTMLButtonElement>(null);
  const questionId = useId();

  // Whoever uses the keyboard stays where the question is, and comes back to where it was asked.
  useEffect(() => {
    if (step === "asking") confirmer.current?.focus();
    if (step === "idle" && askedBefore.current) opener.current?.focus();
    askedBefore.current = step !== "idle";
  }, [step]);

  const act = async () => {
    setStep("running");
    try {
      await run();
    } finally {
      setStep("idle");
    }
  };

  const onKeyDown = ({ key }: { key: string }) => key === "Escape" && step === "asking" && setStep("idle");

  if (step === "idle") {
    return (
      <Button
        ref={opener}
        className="button button-plain"
        aria-label={description}
        disabled={disabled}
        focusableWhenDisabled
        onClick={() => setStep("asking")}
      >
        {label}
      </Button>
    );
  }
  return (
    <fieldset aria-labelledby={questionId} className="grid gap-3 rounded-lg bg-well p-4">
      <p id={questionId}>{question}</p>
      <div className="flex flex-wrap gap-2">
        <Button
          ref={confirmer}
          className="button button-seal"
          disabled={step === "running"}
          focusableWhenDisabled
          aria-describedby={questionId}
          onKeyDown={onKeyDown}
          onClick={() => void act()}
        >
          {step === "running" ? "One moment …" : confirm}
        </Button>
        <Button
          className="button button-plain"
          disabled={step === "running"}
          onKeyDown={onKeyDown}
          onClick={() => setStep("idle")}
        >
          No, keep it
        </Button>
      </div>
    </fieldset>
  );
}
