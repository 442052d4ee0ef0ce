import type { ReactNode } from "react";

interface SignInMethodRowProps {
  mark: ReactNode;
  name: string;
  /** How things stand with it. */
  said: ReactNode;
  /** What can be done about it. */
  children?: ReactNode;
}

/** One way to sign in: what it is, since when, and what can be done about it. */
export function SignInMethodRow({ mark, name, said, children }: SignInMethodRowProps) {
  return (
    <li className="flex min-h-21 flex-wrap items-center justify-between gap-x-6 gap-y-3 border-t border-rule py-4">
      <div className="flex min-w-0 items-start gap-3">
        <span className="flex h-7 items-center">{mark}</span>
        <div className="min-w-0">
          <p className="font-medium wrap-anywhere">{name}</p>
          <p className="text-[0.95rem] text-ink-soft">{said}</p>
        </div>
      </div>
      {children}
    </li>
  );
}
