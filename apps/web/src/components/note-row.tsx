"use client";

import { ConfirmedAction } from "./confirmed-action";
import { elapsed } from "./elapsed";
import { ElapsedTime } from "./elapsed-time";
import { notesErrorWords } from "./notes-words";

interface NoteRowProps {
  note: { text: string; createdAt: number };
  /** The server's time. */
  nowMs: number;
  remove: () => Promise<void>;
}

/** One note: what was written, when, and how to be rid of it. */
export function NoteRow({ note: { text, createdAt }, nowMs, remove }: NoteRowProps) {
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 border-t border-rule py-4">
      <div className="min-w-0 flex-1 basis-64">
        <p className="wrap-anywhere whitespace-pre-wrap">{text}</p>
        <p className="mt-1 text-[0.95rem] text-ink-soft">
          Kept <ElapsedTime seconds={createdAt} nowMs={nowMs} />
        </p>
      </div>
      <ConfirmedAction
        label="Remove"
        description={`Remove the note kept ${elapsed(createdAt, nowMs)}: ${beginning(text)}`}
        question="Remove this note? It cannot be brought back."
        confirm="Yes, remove it"
        run={remove}
        wordsFor={notesErrorWords}
      />
    </li>
  );
}

/** Enough to know which one is meant. */
function beginning(text: string): string {
  const characters = [...text];
  return characters.length <= 40 ? text : `${characters.slice(0, 40).join("")} …`;
}
