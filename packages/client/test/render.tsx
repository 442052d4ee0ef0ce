// A page for React tests, which remembers everything that was ever on it.

import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, expect } from "vitest";
import type { AuthClient } from "../src/index.ts";
import { AuthProvider, useAuth } from "../src/react/index.ts";

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

export async function render(node: ReactNode) {
  const container = document.createElement("div");
  document.body.append(container);
  const seen: string[] = [];
  const observer = new MutationObserver(() => seen.push(container.textContent ?? ""));
  observer.observe(container, { childList: true, characterData: true, subtree: true });
  const root = createRoot(container);
  const show = (next: ReactNode) => act(async () => root.render(next));
  cleanUps.push(() => {
    act(() => root.unmount());
    observer.disconnect();
    container.remove();
  });
  await show(node);
  const text = () => container.textContent;
  /** Waits until the page says so, and then a little, for what else may come. */
  const until = async (expected: string) => {
    for (let tries = 0; tries < 200 && text() !== expected; tries += 1) await settle();
    await settle();
    expect(text()).toBe(expected);
  };
  return { text, until, seen, show };
}

/** Lets timers and the paper network do their work. */
export const settle = (ms = 5) => act(async () => new Promise((resolve) => setTimeout(resolve, ms)));

export function provide(client: AuthClient, queryClient: QueryClient, children: ReactNode) {
  return (
    <QueryClientProvider client={queryClient}>
      <AuthProvider client={client} queryClient={queryClient}>
        {children}
      </AuthProvider>
    </QueryClientProvider>
  );
}

/** The name of whoever is signed in, or the status. */
export function useWho(): string {
  const auth = useAuth();
  return auth.status === "signed-in" ? auth.user.username : auth.status;
}

export function Status() {
  return <p>{useWho()}</p>;
}
