import { returnPathFrom } from "@signet/client";
import { providerProblemFrom } from "./provider-problem";

export type SearchParams = Promise<Record<string, string | string[] | undefined>>;

const home = "/account";
/** Going back to a page for entering would lead nowhere. */
const entryPages = /^\/sign-(?:in|up)(?:[/?#]|$)/;

/** Where a sign-in leads, and whether the person was on the way there. */
export async function entryParams(searchParams: SearchParams) {
  const { return_to: asked, why, everywhere, provider_error: problem } = await searchParams;
  const path = returnPathFrom(asked, "");
  const usable = path !== "" && !entryPages.test(path);
  return {
    returnPath: usable ? path : home,
    // The first page is open to all: nobody is sent away from it.
    wasSent: usable && path !== "/",
    why: typeof why === "string" ? why : undefined,
    /** Whether all devices were signed out with this one. */
    everywhere: everywhere !== undefined,
    /** Why a sign-in with a provider came to nothing, where one has. */
    problem: providerProblemFrom(problem),
  };
}
