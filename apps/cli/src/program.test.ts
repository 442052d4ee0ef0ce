import { expect, it } from "vitest";
import { withIdsApart } from "./program.ts";

it.each([
  [
    ["sessions", "end", "-xOZ1Caa3uAbCdEfGhIjKl", "--json"],
    ["sessions", "end", "--json", "--", "-xOZ1Caa3uAbCdEfGhIjKl"],
  ],
  [
    ["keys", "revoke", "--OZ1Caa3u_", "--yes"],
    ["keys", "revoke", "--yes", "--", "--OZ1Caa3u_"],
  ],
])("takes an id that begins like an option for an id", (given, taken) => {
  expect(withIdsApart(given)).toEqual(taken);
});

it.each([
  [["keys", "revoke", "abc", "--dry-run", "--json"]],
  [["audit", "--follow", "--since", "1d", "-h"]],
  [["keys", "revoke", "--secret", "-xOZ1Caa3uAbCdEf"]],
  [["sessions", "end", "--", "-xOZ1Caa3uAbCdEfGhIjKl"]],
])("leaves all else as it was given", (given) => {
  expect(withIdsApart(given)).toEqual(given);
});
