import type { ProviderChoice } from "./app-settings";

/** Known by everybody; all others have the first letter of their label. */
const githubPath =
  "M12 2A10 10 0 0 0 8.84 21.49c.5.09.68-.22.68-.48v-1.7c-2.78.6-3.37-1.34-3.37-1.34-.45-1.16-1.11-1.47-1.11-1.47-.9-.62.07-.6.07-.6 1 .07 1.53 1.03 1.53 1.03.9 1.53 2.34 1.09 2.91.83.1-.65.35-1.09.64-1.34-2.22-.25-4.56-1.11-4.56-4.94 0-1.09.39-1.98 1.03-2.68-.1-.25-.45-1.27.1-2.65 0 0 .84-.27 2.75 1.02a9.6 9.6 0 0 1 5 0c1.91-1.29 2.75-1.02 2.75-1.02.55 1.38.2 2.4.1 2.65.64.7 1.03 1.59 1.03 2.68 0 3.84-2.34 4.68-4.57 4.93.36.31.68.92.68 1.85v2.75c0 .26.18.58.69.48A10 10 0 0 0 12 2Z";

/** A small mark beside a provider's name. It says nothing that the name does not. */
export function ProviderMark({ name, label }: ProviderChoice) {
  if (name === "github") {
    return (
      <svg aria-hidden="true" viewBox="0 0 24 24" className="size-6 shrink-0 fill-current">
        <path d={githubPath} />
      </svg>
    );
  }
  return (
    <span
      aria-hidden="true"
      className="grid size-6 shrink-0 place-items-center rounded-full border border-edge text-[0.82rem] leading-none"
    >
      {([...label.trim()][0] ?? "?").toUpperCase()}
    </span>
  );
}

/** The same for a password. */
export function PasswordMark() {
  return (
    <svg aria-hidden="true" viewBox="0 0 24 24" className="size-6 shrink-0">
      <rect x="1" y="6" width="22" height="12" rx="4" className="fill-none stroke-edge" />
      <path d="M7 12h.01M12 12h.01M17 12h.01" className="stroke-ink" strokeWidth="2.8" strokeLinecap="round" />
    </svg>
  );
}
