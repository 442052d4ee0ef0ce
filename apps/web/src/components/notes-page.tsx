"use client";

import type { UnreachableProblem } from "@signet/client";
import { RequireAuth } from "@signet/client/react";
import { useRouter } from "next/navigation";
import { type ReactNode, useCallback } from "react";
import { useAppSettings } from "./app-settings";
import { NotesView } from "./notes-view";
import { Unreachable } from "./unreachable";

const whenUnreachable = (problem: UnreachableProblem, retry: () => void) => (
  <Waiting>
    <Unreachable problem={problem} retry={retry} />
  </Waiting>
);

/** The page before it is known whose it is: its place, and nothing that could be somebody's. */
function Waiting({ children }: { children: ReactNode }) {
  return (
    <div className="min-h-[60vh]">
      <h1 className="mb-6 text-4xl">Your notes</h1>
      {children}
    </div>
  );
}

export function NotesPage() {
  const { notesUrl } = useAppSettings();
  const router = useRouter();
  const navigate = useCallback((href: string) => router.replace(href), [router]);
  if (notesUrl === null) {
    return (
      <Waiting>
        <p className="max-w-prose text-ink-soft">There is no notes service beside this server.</p>
      </Waiting>
    );
  }
  return (
    <RequireAuth
      navigate={navigate}
      fallback={<output className="block min-h-[60vh] text-ink-soft">Looking at the seal …</output>}
      unreachable={whenUnreachable}
    >
      <NotesView notesUrl={notesUrl} />
    </RequireAuth>
  );
}
