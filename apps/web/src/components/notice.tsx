import type { ReactNode } from "react";

/** A calm word beside the work: a reason, a question, a fault that is not the reader's. */
export function Notice({ children, role = "status" }: { children: ReactNode; role?: "status" | "alert" }) {
  return (
    <div role={role} className="rounded-lg border-l-[3px] border-seal bg-well px-4 py-3 text-[0.98rem]">
      {children}
    </div>
  );
}
