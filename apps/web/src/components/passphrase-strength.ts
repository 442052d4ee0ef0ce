// What to say about a password while it is being typed. It teaches; the server alone decides.

export interface Strength {
  /** Of eight cells. */
  filled: number;
  /** Long enough, as far as can be told here. */
  enough: boolean;
  /** Changes in a few steps only, as it is read aloud. */
  advice: string;
}

/** @param minLength In code points, as the server counts. */
export function strengthOf(password: string, minLength: number): Strength {
  const length = [...password].length;
  const variety = new Set(password.toLowerCase()).size;
  const words = password.split(/[\s._-]+/).filter((word) => word.length > 1).length;
  const filled = Math.min(8, Math.floor((length / minLength) * 5));

  if (length === 0) {
    return {
      filled,
      enough: false,
      advice: "Four or five words that do not belong together. Spaces are welcome.",
    };
  }
  if (length >= 6 && variety <= Math.max(3, length / 5)) {
    return {
      filled: Math.min(filled, 2),
      enough: false,
      advice: "The same characters again and again are guessed quickly. Vary the words.",
    };
  }
  if (length < minLength) {
    const advice =
      words <= 1 && length >= 8
        ? "Add another word: length protects better than signs and digits."
        : "A little longer. Think of a small picture: who, does what, where?";
    return { filled: Math.min(filled, 4), enough: false, advice };
  }
  if (words >= 4 || length >= minLength + 9) {
    return { filled: 8, enough: true, advice: "Very good: long, and easy for you to picture." };
  }
  return {
    filled: Math.max(filled, 5),
    enough: true,
    advice: "Long enough. One more word makes it much harder to guess.",
  };
}
