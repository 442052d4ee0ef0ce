"use client";

import { Button } from "@base-ui/react/button";
import { useQueryClient } from "@tanstack/react-query";
import Link from "next/link";

/** A page broke while it was shown. The digest finds the entry in the server's log; the rest stays there. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  const queries = useQueryClient();
  const tryAgain = () => {
    // What broke the page may be an answer that is kept.
    queries.clear();
    reset();
  };
  return (
    <div role="alert" className="mx-auto max-w-md pt-8 text-center">
      <h1 className="text-4xl">This page broke</h1>
      <p className="mt-4 text-ink-soft">
        That is our fault, not yours. You are still signed in if you were. Try once more; if it breaks again, come back
        later.
      </p>
      {error.digest !== undefined && (
        <p className="mt-3 text-sm text-ink-soft">
          Error id: <code className="font-mono">{error.digest}</code>
        </p>
      )}
      <div className="mt-8 flex justify-center gap-3">
        <Button className="button button-seal" onClick={tryAgain}>
          Try once more
        </Button>
        <Link href="/" className="button button-plain">
          To the first page
        </Link>
      </div>
    </div>
  );
}
