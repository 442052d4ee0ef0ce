import { useQuery } from "@tanstack/react-query";
import { trpc } from "./trpc";

export function App() {
  const notes = useQuery(trpc.list.queryOptions());

  return (
    <main>
      <h1>Notes</h1>
      <ul>
        {notes.data?.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </main>
  );
}
