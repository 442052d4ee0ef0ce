// Where DATA_DIR is: as it stands when absolute, else below the given folder.

import { isAbsolute, join } from "node:path";
import type { Settings } from "./settings.ts";

export function dataDirOf({ DATA_DIR }: Pick<Settings, "DATA_DIR">, base: string): string {
  return isAbsolute(DATA_DIR) ? DATA_DIR : join(base, DATA_DIR);
}
