// Where the example keeps its notes.

const kept: { id: string; subject: string; text: string }[] = [];

export const notes = {
  of: (subject: string) => kept.filter((note) => note.subject === subject).map(({ text }) => text),
  add(subject: string, text: string) {
    kept.push({ id: String(kept.length + 1), subject, text });
    return text;
  },
  async *after(subject: string, lastEventId: string | undefined, signal: AbortSignal | undefined) {
    for (let next = Number(lastEventId ?? 0); ; ) {
      if (signal?.aborted === true) return;
      const note = kept[next];
      if (note === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
      else next += 1;
      if (note?.subject === subject) yield note;
    }
  },
};
