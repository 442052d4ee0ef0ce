/** A setting that cannot be used; the message names it, what was found and what is expected. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}
