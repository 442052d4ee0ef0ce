"use client";

import { useAuth } from "@signet/client/react";
import Link from "next/link";
import { useAppSettings } from "./app-settings";
import { TimeRing } from "./time-ring";
import { Unreachable } from "./unreachable";
import { signedOutWords } from "./words";

/** The letter on the first page. It has one size, whoever is here. */
export function WhoYouAre() {
  return (
    <section aria-labelledby="who" className="sheet grid min-h-102 content-start p-7 sm:p-9">
      <h2 id="who" className="text-sm tracking-wide text-ink-soft">
        Who you are
      </h2>
      <Answer />
    </section>
  );
}

function Answer() {
  const auth = useAuth();
  const { notesUrl } = useAppSettings();
  switch (auth.status) {
    case "loading":
      return <p className="mt-3 text-2xl text-ink-soft">Looking at the seal …</p>;
    case "unreachable":
      return (
        <div className="appear mt-3">
          <p className="mb-5 text-3xl wrap-anywhere">{auth.user?.username ?? "Not known just now"}</p>
          <Unreachable problem={auth.problem} retry={() => void auth.retry()} />
        </div>
      );
    case "signed-out":
      return (
        <div className="appear">
          <p className="mt-3 text-3xl">Nobody yet</p>
          <p className="mt-3 text-ink-soft">
            {signedOutWords[auth.reason] ?? "No letter was found in this browser. Have one sealed:"}
          </p>
          <div className="mt-7 flex flex-wrap gap-3">
            <Link href="/sign-up" className="button button-seal">
              Create an account
            </Link>
            <Link href="/sign-in" className="button button-plain">
              Sign in
            </Link>
          </div>
        </div>
      );
    case "signed-in":
      return (
        <div className="appear">
          <div className="mt-3 flex items-center justify-between gap-4">
            <p
              className={`min-w-0 leading-tight wrap-anywhere ${auth.user.username.length > 9 ? "text-2xl" : "text-4xl"}`}
            >
              {auth.user.username}
            </p>
            <TimeRing size="small" />
          </div>
          <p className="mt-3 text-ink-soft">
            Your token says so, and the server has found its seal to be genuine. It looked nothing up.
          </p>
          <div className="mt-7 flex flex-wrap gap-3">
            <Link href="/account" className="button button-seal">
              See your token taken apart
            </Link>
            {notesUrl !== null && (
              <Link href="/notes" className="button button-plain">
                Use it at another service
              </Link>
            )}
          </div>
        </div>
      );
  }
}
