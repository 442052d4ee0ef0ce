"use client";

import { trpc } from "@/trpc";

export default function Page() {
  const notes = trpc.list.useQuery();

  return (
    <main>
      <h1>Notes</h1>
      <ul>
        {notes.data?.map((note) => (
          <li key={note.text}>
            {note.text}, {note.writtenAt.toLocaleDateString("en")}
          </li>
        ))}
      </ul>
    </main>
  );
}
