"use client";

import { themeKey } from "./theme-script";

/** Which theme is on is known to the page's root element; React need not know, so nothing can disagree. */
export function ThemeToggle() {
  return (
    <button
      type="button"
      onClick={toggle}
      aria-label="Switch between light and dark"
      className="grid size-11 cursor-pointer place-items-center rounded-full text-ink-soft hover:bg-well hover:text-ink"
    >
      <svg
        aria-hidden="true"
        viewBox="0 0 20 20"
        className="size-5"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
      >
        <path className="theme-light-only" strokeLinejoin="round" d="M16.5 12A7 7 0 0 1 8 3.5 7 7 0 1 0 16.5 12Z" />
        <g className="theme-dark-only" strokeLinecap="round">
          <circle cx="10" cy="10" r="3.5" />
          <path d="M10 1.500v2M10 16.500v2M1.5 10h2M16.5 10h2M4 4l1.4 1.400M14.6 14.6 16 16M4 16l1.4-1.400M14.6 5.4 16 4" />
        </g>
      </svg>
    </button>
  );
}

function toggle(): void {
  const root = document.documentElement;
  const next = root.dataset["theme"] === "dark" ? "light" : "dark";
  root.dataset["theme"] = next;
  try {
    localStorage.setItem(themeKey, next);
  } catch {
    // Forbidden storage: the choice lasts as long as the page.
  }
}
