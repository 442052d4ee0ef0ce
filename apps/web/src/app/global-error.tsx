"use client";

import "./globals.css";

/** Even the frame of the pages broke: this one stands alone. */
export default function GlobalError({ error }: { error: Error & { digest?: string } }) {
  return (
    <html lang="en">
      <body className="grid min-h-dvh place-items-center p-6 text-center">
        <main role="alert" className="max-w-md">
          <title>Something broke · Signet</title>
          <h1 className="text-4xl">Something broke</h1>
          <p className="mt-4 text-ink-soft">
            That is our fault, not yours. Load the page again; if that does not help, come back later.
          </p>
          {error.digest !== undefined && <p className="mt-3 text-sm text-ink-soft">Error id: {error.digest}</p>}
          {/* A full load, not a soft one: what is in memory is what broke. */}
          <button type="button" onClick={() => window.location.assign("/")} className="button button-seal mt-8">
            Load the first page
          </button>
        </main>
      </body>
    </html>
  );
}
