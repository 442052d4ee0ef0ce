"use client";

import { useAuth } from "@signet/client/react";
import { useRef, useState } from "react";
import { NewNote } from "./new-note";
import { NoteRow } from "./note-row";
import { notesApi } from "./notes-api";
import { isSilent, notesErrorWords } from "./notes-words";
import { useServerNow } from "./server-now";
import { Unreachable } from "./unreachable";

/** While the service cannot be had it is asked again by itself. */
const askAgainMs = 5_000;

export function NotesView({ notesUrl }: { notesUrl: string }) {
  const auth = useAuth();
  const { list } = notesApi.useUtils().notes;
  const notes = notesApi.notes.list.useQuery(undefined, {
    // One that does not run is told of at once.
    retry: false,
    refetchInterval: ({ state }) => (state.status === "error" ? askAgainMs : false),
  });
  const remove = notesApi.notes.remove.useMutation();
  const nowMs = useServerNow();
  const heading = useRef<HTMLHeadingElement>(null);
  const [done, setDone] = useState("");

  const changed = async (words: string) => {
    setDone("");
    await list.invalidate();
    setDone(words);
  };

  const removeOne = async (id: string) => {
    await remove.mutateAsync({ id });
    await changed("The note is removed.");
    // What was pressed is gone: from here one reads on.
    heading.current?.focus();
  };

  return (
    <div className="appear">
      {auth.status === "unreachable" && (
        <div className="mb-8">
          <Unreachable problem={auth.problem} retry={() => void auth.retry()} />
        </div>
      )}
      <h1 className="text-[2.7rem] sm:text-6xl">Your notes</h1>
      <p className="mt-4 max-w-prose text-ink-soft">
        Another service keeps these, at{" "}
        <code className="font-mono text-[0.9em] wrap-anywhere">{new URL(notesUrl).host}</code>. It has never seen your
        password or our database: it knows you by the seal on your token, and by nothing else.
      </p>
      <NewNote onKept={() => changed("The note is kept.")} />

      <section aria-labelledby="notes" className="sheet mt-6 p-6 sm:p-8">
        <h2 id="notes" ref={heading} tabIndex={-1} className="text-2xl">
          Kept for you
        </h2>
        <output className="mt-1 block min-h-7 font-medium text-good">{done}</output>
        {notes.isError && <Problem error={notes.error} notesUrl={notesUrl} known={notes.data !== undefined} />}
        {notes.data?.length === 0 && (
          <p className="border-t border-rule py-5 text-ink-soft">
            Nothing yet. The first note you write appears here, for you alone.
          </p>
        )}
        {/* The place of one is kept until it is known how many there are. */}
        <ul aria-label="Notes" aria-busy={notes.isPending} className={notes.isPending ? "min-h-24" : ""}>
          {notes.data?.map((note) => (
            <NoteRow key={note.id} note={note} nowMs={nowMs} remove={() => removeOne(note.id)} />
          ))}
        </ul>
      </section>
    </div>
  );
}

/** Why there is no list, or none that is fresh, and what to do. */
function Problem({ error, notesUrl, known }: { error: unknown; notesUrl: string; known: boolean }) {
  const isHere = ["localhost", "127.0.0.1", "[::1]"].includes(new URL(notesUrl).hostname);
  return (
    <output className="block border-t border-rule py-5">
      {isSilent(error) ? (
        <>
          The notes service does not answer{known ? ", and this list may be out of date" : ""}. You are still signed in
          {isHere ? (
            <>
              . If it does not run yet, start it with{" "}
              <code className="font-mono text-[0.9em]">npm run start:resource-server</code>: this page looks for it by
              itself.
            </>
          ) : (
            ", and this page asks again by itself."
          )}
        </>
      ) : (
        notesErrorWords(error)
      )}
    </output>
  );
}
