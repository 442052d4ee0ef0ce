"use client";

import { Field } from "@base-ui/react/field";
import { useState } from "react";

interface PasswordInputProps {
  kind: "current" | "new";
  /** What the button beside it shows and hides. */
  what: string;
  onValueChange?: (value: string) => void;
}

/** The control of a password's field: told to password managers, and shown on request. */
export function PasswordInput({ kind, what, onValueChange }: PasswordInputProps) {
  const [shown, setShown] = useState(false);
  return (
    <div className="relative">
      <Field.Control
        className="input pr-20"
        type={shown ? "text" : "password"}
        autoComplete={`${kind}-password`}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        aria-required="true"
        {...(onValueChange === undefined ? {} : { onValueChange })}
      />
      <button
        type="button"
        aria-pressed={shown}
        aria-label={`Show ${what}`}
        onClick={() => setShown(!shown)}
        className="absolute inset-y-1 right-1 cursor-pointer rounded-md px-3 text-sm text-ink-soft hover:bg-well hover:text-ink"
      >
        {shown ? "Hide" : "Show"}
      </button>
    </div>
  );
}
