"use client";

import { AuthClientError } from "@signet/client";
import { useEffect, useState } from "react";
import { settingOutWords } from "./sign-in-method-words";

/** A browser that has not left by then was stopped, or the server does not answer. */
const longestDepartureMs = 12_000;

export interface SettingOut {
  /** The provider that the browser is on its way to; null while nobody has pressed. */
  goingTo: string | null;
  setOut: (provider: string, go: () => Promise<void>) => Promise<void>;
}

/** What a button does that sends the browser away: it waits until the page is left, and can be pressed again if it never is. */
export function useSettingOut(onProblem: (words: string | null) => void): SettingOut {
  const [goingTo, setGoingTo] = useState<string | null>(null);

  useEffect(() => {
    if (goingTo === null) return;
    const stay = () => setGoingTo(null);
    const timer = setTimeout(stay, longestDepartureMs);
    // By the way back a browser may bring the page as it was left.
    window.addEventListener("pageshow", stay);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("pageshow", stay);
    };
  }, [goingTo]);

  const setOut = async (provider: string, go: () => Promise<void>) => {
    // A second press while the first is under way is the same wish.
    if (goingTo !== null) return;
    onProblem(null);
    setGoingTo(provider);
    try {
      await go();
    } catch (error) {
      setGoingTo(null);
      if (!(error instanceof AuthClientError)) throw error;
      onProblem(settingOutWords(error));
    }
  };

  return { goingTo, setOut };
}
