"use client";

import { useAuth } from "@signet/client/react";
import Link from "next/link";
import { useAppSettings } from "./app-settings";
import { Seal } from "./seal";
import { ThemeToggle } from "./theme-toggle";

export function SiteHeader() {
  return (
    <header className="border-b border-rule">
      <div className="group mx-auto flex h-16 max-w-5xl items-center gap-2 px-5 sm:gap-4 sm:px-8">
        <Link href="/" className="-ml-1 flex items-center gap-2.5 p-1 text-xl font-semibold tracking-tight">
          <Seal className="size-8" />
          <span className="max-sm:group-has-data-person:sr-only">Signet</span>
        </Link>
        <nav aria-label="Your account" className="ml-auto flex min-w-0 items-center gap-1 sm:gap-2">
          <AccountLinks />
        </nav>
        <ThemeToggle />
      </div>
    </header>
  );
}

/** Empty, not wrong, until it is known who is here; the header has its height anyway. */
function AccountLinks() {
  const auth = useAuth();
  const { notesUrl } = useAppSettings();
  switch (auth.status) {
    case "loading":
      return null;
    case "signed-out":
      return (
        <div className="appear flex gap-1 sm:gap-2">
          <Link href="/sign-in" className="rounded-lg px-3 py-2 hover:bg-well">
            Sign in
          </Link>
          <Link href="/sign-up" className="rounded-lg px-3 py-2 hover:bg-well max-sm:hidden">
            Sign up
          </Link>
        </div>
      );
    case "unreachable":
    case "signed-in":
      return (
        <>
          {notesUrl !== null && (
            <Link href="/notes" className="appear rounded-lg px-3 py-2 hover:bg-well max-sm:hidden">
              Notes
            </Link>
          )}
          {auth.user !== null && (
            <Link
              href="/account"
              data-person=""
              className="appear truncate rounded-lg px-3 py-2 font-medium hover:bg-well"
            >
              {auth.user.username}
            </Link>
          )}
          <button
            type="button"
            onClick={() => void auth.signOut()}
            className="appear shrink-0 cursor-pointer rounded-lg px-3 py-2 hover:bg-well"
          >
            Sign out
          </button>
        </>
      );
  }
}
