import type { ReactNode } from "react";

const steps: { title: string; text: ReactNode; picture: ReactNode }[] = [
  {
    title: "You say who you are",
    text: "Once: a name and a password, checked against a hash that nobody can read backwards.",
    picture: (
      <g fill="none" className="stroke-ink-soft" strokeWidth="2" strokeLinecap="round">
        <rect x="12" y="14" width="96" height="22" rx="6" />
        <rect x="12" y="46" width="96" height="22" rx="6" />
        <path d="M22 25h34" className="stroke-ink" />
        <path d="M23 57h.1M32 57h.1M41 57h.1M50 57h.1M59 57h.1M68 57h.1" className="stroke-ink" strokeWidth="5" />
      </g>
    ),
  },
  {
    title: "A letter is sealed",
    text: (
      <>
        A token in three parts: <b className="font-semibold text-part-header">how</b> it is sealed,{" "}
        <b className="font-semibold text-part-payload">what</b> it says, and the{" "}
        <b className="font-semibold text-part-signature">seal</b> itself. It lives for minutes.
      </>
    ),
    picture: (
      <>
        <path d="M12 12h96v56H12z" fill="none" className="stroke-ink-soft" strokeWidth="2" strokeLinejoin="round" />
        <g strokeWidth="5" strokeLinecap="round" fill="none">
          <path d="M23 26h22" className="stroke-part-header" />
          <path d="M55 26h42M23 39h60" className="stroke-part-payload" />
          <path d="M23 54h38" className="stroke-part-signature" />
        </g>
        <circle cx="90" cy="56" r="11" className="fill-seal" />
      </>
    ),
  },
  {
    title: "Anyone can check it",
    text: "Each service compares the seal with the public keys. No lookup, no shared secret, no waiting.",
    picture: (
      <>
        <g fill="none" className="stroke-ink-soft" strokeWidth="2" strokeLinejoin="round">
          <path d="M12 10h26v18H12zM12 31h26v18H12zM12 52h26v18H12z" />
          <path
            d="M44 19c18 0 18 21 32 21M44 40h32M44 61c18 0 18-21 32-21"
            strokeDasharray="1 5"
            strokeLinecap="round"
          />
        </g>
        <circle cx="92" cy="40" r="14" className="fill-seal" />
        <path
          d="m86 40 4.5 5 8-10"
          fill="none"
          stroke="#fff8ee"
          strokeWidth="2.5"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </>
    ),
  },
];

/** How it works, in three pictures. */
export function Journey() {
  return (
    <section aria-labelledby="journey" className="mt-20 border-t border-rule pt-12 sm:mt-28">
      <h2 id="journey" className="text-3xl">
        The way of a letter
      </h2>
      <ol className="mt-9 grid gap-x-10 gap-y-12 md:grid-cols-3">
        {steps.map(({ title, text, picture }, index) => (
          <li key={title}>
            <svg aria-hidden="true" viewBox="11 8 110 64" className="h-22">
              {picture}
            </svg>
            <h3 className="mt-5 text-xl">
              <span className="mr-2 text-seal">{index + 1}</span>
              {title}
            </h3>
            <p className="mt-2 max-w-prose text-ink-soft">{text}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
