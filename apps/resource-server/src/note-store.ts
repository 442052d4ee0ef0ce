// What the service keeps: for each person a list of notes. Whoever implements it keeps people apart.

/** Who somebody is: the subject alone says nothing without the issuer that gave it. */
export interface Owner {
  issuer: string;
  subject: string;
}

export interface Note {
  id: string;
  text: string;
  /** NumericDate seconds. */
  createdAt: number;
}

export const maxNotesPerPerson = 500;
/** Of one person's notes as JSON: each list is that long, and many may be asked for at once. */
export const maxNotesBytes = 256 * 1024;
/** Counted as people do: an emoji is one or a few, not its bytes. */
export const maxNoteLength = 2_000;

export interface NoteStore {
  /** The person's notes, the newest first. @throws AuthError `storage_unavailable` */
  list(owner: Owner): Promise<Note[]>;

  /**
   * Keeps a note; when this has ended, the note outlives the process.
   *
   * @throws AuthError `input_invalid` when there are too many | `storage_unavailable`
   */
  add(owner: Owner, text: string): Promise<Note>;

  /**
   * Removes one of the person's own notes.
   *
   * @throws AuthError `not_found`, also where it is somebody else's: nobody learns that there is such a note |
   *   `storage_unavailable`
   */
  remove(owner: Owner, id: string): Promise<void>;
}
