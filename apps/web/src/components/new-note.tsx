"use client";

import { Button } from "@base-ui/react/button";
import { Field } from "@base-ui/react/field";
import { Form } from "@base-ui/react/form";
import { useRef, useState } from "react";
import { notesApi } from "./notes-api";
import { noteProblem, notesErrorWords } from "./notes-words";

/** Room to write a note. What is wrong with it stands beside it, and what was written stays until it is kept. */
export function NewNote({ onKept }: { onKept: () => Promise<void> }) {
  const add = notesApi.notes.add.useMutation();
  const field = useRef<HTMLTextAreaElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [text, setText] = useState("");

  const keep = async () => {
    // A second press while the first is under way is the same wish.
    if (add.isPending) return;
    setProblem(null);
    try {
      await add.mutateAsync({ text: text.trim() });
    } catch (error) {
      const words = notesErrorWords(error);
      if (words === null) throw error;
      setProblem(words);
      return;
    }
    setText("");
    field.current?.focus();
    await onKept();
  };

  return (
    <Form onFormSubmit={() => void keep()} className="sheet mt-10 grid gap-1 p-6 sm:p-8">
      <Field.Root name="text" validate={(value) => noteProblem(String(value).trim())} className="grid">
        <Field.Label className="mb-1.5 font-medium">A new note</Field.Label>
        <Field.Control
          ref={field}
          render={<textarea rows={3} />}
          value={text}
          onValueChange={(value) => setText(value)}
          className="input min-h-24 resize-y"
          aria-required="true"
        />
        {/* Room for one error, kept whether there is one or not. */}
        <div className="min-h-8 py-1 text-[0.95rem] leading-snug text-part-signature">
          <Field.Error />
        </div>
      </Field.Root>
      <div>
        <Button type="submit" disabled={add.isPending} focusableWhenDisabled className="button button-seal">
          {add.isPending ? "One moment …" : "Keep it"}
        </Button>
      </div>
      {/* Not the field's: with an error of its own, the form could not be sent again as it is. */}
      <p role="alert" className="pt-2 text-[0.95rem] text-part-signature empty:hidden">
        {problem}
      </p>
    </Form>
  );
}
