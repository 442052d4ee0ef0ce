// Progress on stderr: what is measured, and about how long it still takes. Tables on stdout stay clean.

export interface Progress {
  next(what: string): void;
  /** A line that stays. */
  say(sentence: string): void;
  end(): void;
}

const isTerminal = process.stderr.isTTY;
const eraseLine = "\r\u001b[2K";
/** Where lines cannot be overwritten, not every step is worth one. */
const plainLineEveryMs = 10_000;

export function showProgress(what: string, steps: number): Progress {
  const startedAt = performance.now();
  let begun = 0;
  let lastLineAt = Number.NEGATIVE_INFINITY;

  function say(sentence: string): void {
    process.stderr.write(`${isTerminal ? eraseLine : ""}${what}: ${sentence}\n`);
  }

  return {
    next(step) {
      const now = performance.now();
      const leftMs = begun === 0 ? undefined : ((now - startedAt) / begun) * (steps - begun);
      begun += 1;
      const left = leftMs === undefined ? "" : `, about ${duration(leftMs)} left in this part`;
      if (isTerminal) process.stderr.write(`${eraseLine}${what}: ${step}${left}`);
      else if (now - lastLineAt >= plainLineEveryMs) {
        lastLineAt = now;
        say(step + left);
      }
    },
    say,
    end() {
      say(`done in ${duration(performance.now() - startedAt)}.`);
    },
  };
}

export function tell(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
