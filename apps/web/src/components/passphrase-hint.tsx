"use client";

import { Field } from "@base-ui/react/field";
import { strengthOf } from "./passphrase-strength";

const cells = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** Teaches one thing: several words that do not belong together. No rule about digits, capitals or signs. */
export function PassphraseHint({ password, minLength }: { password: string; minLength: number }) {
  const { filled, advice, enough } = strengthOf(password, minLength);
  const length = [...password].length;
  return (
    <div className="pt-2">
      <div aria-hidden="true" className="flex items-center gap-1">
        {cells.map((cell) => (
          <span
            key={cell}
            className={`h-1.5 flex-1 rounded-full transition-colors ${cell >= filled ? "bg-rule" : enough ? "bg-good" : "bg-edge"}`}
          />
        ))}
        <span className="ml-2 w-16 text-right text-sm text-ink-soft tabular-nums">
          {length < minLength ? `${length} of ${minLength}` : length}
        </span>
      </div>
      {/* One place for advice or error: two lines are kept, and nothing below moves. */}
      <div className="group mt-1.5 min-h-14 text-[0.95rem] leading-snug">
        <Field.Error className="field-error text-part-signature" />
        <Field.Description className="text-ink-soft group-has-[.field-error]:hidden" aria-live="polite">
          {advice}
        </Field.Description>
      </div>
    </div>
  );
}
