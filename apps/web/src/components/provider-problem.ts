// What the API says in the address when a sign-in with a provider came to nothing, and what a person reads then.

/** Where it is said: what the way on is depends on it. */
export type ProblemPage = "sign-in" | "sign-up" | "account";

const happened = {
  cancelled: "You came back from the provider without signing in there.",
  unavailable: "The provider did not answer.",
  refused: "What the provider answered could not be accepted.",
  expired: "The way to the provider and back took too long, or was begun in another browser.",
  rate_limited: "Too many sign-ins with a provider have come to nothing.",
  busy: "The server is busy.",
} as const;

export type ProviderProblem = keyof typeof happened;

const again: Record<ProviderProblem, string> = {
  cancelled: "Begin again when you like",
  unavailable: "Try again in a moment",
  refused: "Begin again",
  expired: "Begin again",
  rate_limited: "Wait a few minutes and begin again",
  busy: "Try again in a moment",
};

const means: Record<ProblemPage, string> = {
  "sign-in": "Nobody was signed in.",
  "sign-up": "No account was made.",
  account: "Nothing was changed.",
};

const otherWay: Record<ProblemPage, string> = {
  "sign-in": ", or sign in with your password.",
  "sign-up": ", or choose a name and a password here.",
  account: ".",
};

/** The address is anybody's to write: one word of a closed list, or nothing. */
export function providerProblemFrom(value: unknown): ProviderProblem | null {
  return typeof value === "string" && Object.hasOwn(happened, value) ? (value as ProviderProblem) : null;
}

export function providerProblemWords(problem: ProviderProblem, page: ProblemPage): string {
  return `${happened[problem]} ${means[page]} ${again[problem]}${otherWay[page]}`;
}
