"use client";

import { Button } from "@base-ui/react/button";
import type { UnreachableProblem } from "@signet/client";
import { Notice } from "./notice";
import { unreachableWords } from "./words";

export function Unreachable({ problem, retry }: { problem: UnreachableProblem; retry: () => void }) {
  return (
    <Notice>
      <p>
        {unreachableWords[problem]} Your sign-in is kept, and the server is asked again by itself.{" "}
        <Button onClick={retry} className="link cursor-pointer">
          Ask now
        </Button>
      </p>
    </Notice>
  );
}
