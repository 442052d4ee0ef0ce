// Who comes and who goes, as people decide it: signing in, signing out. A sign-in that was overtaken by another decision is
// given back to the server.

import type { IssuedToken } from "./auth-api.ts";
import { AuthClientError } from "./auth-client-error.ts";
import type { AuthUser } from "./auth-state.ts";
import type { SignOutRequest } from "./session-api.ts";
import type { SessionKeeper } from "./session-keeper.ts";
import type { SignOuts } from "./sign-outs.ts";
import type { StateStore } from "./state-store.ts";
import { decodeUnverified } from "./token-shape.ts";

export interface Entries {
  /** Counts what people decided here or in another tab. */
  decisions(): number;
  /** Somebody has decided: what is under way comes too late. */
  decide(): void;
  /** @throws AuthClientError `superseded` where something else was decided meanwhile, or what `obtain` throws. */
  enter(obtain: () => Promise<IssuedToken>): Promise<AuthUser>;
  /** Goes on in this session, where nothing was decided since. */
  replace(issued: IssuedToken, decidedBefore: number): Promise<AuthUser>;
  /** Here and in all tabs, at once. @returns what proves the session to the server, if there was one. */
  leave(): SignOutRequest | null;
}

export interface EntriesOptions {
  keeper: SessionKeeper;
  signOuts: SignOuts;
  store: StateStore;
  /** Somebody has decided: what was offered to nobody in particular is not any more. */
  onDecision: () => void;
}

export function createEntries({ keeper, signOuts, store, onDecision }: EntriesOptions): Entries {
  let decisions = 0;

  function decide(): void {
    decisions += 1;
    onDecision();
  }

  async function replace(issued: IssuedToken, decidedBefore: number): Promise<AuthUser> {
    if (decidedBefore !== decisions) throw superseded(issued);
    await keeper.take(issued);
    return signedInUser();
  }

  function signedInUser(): AuthUser {
    const state = store.get();
    if (state.status === "signed-in") return state.user;
    if (state.status === "unreachable" && !keeper.isRefused()) {
      throw new AuthClientError("unreachable", "Signed in, but the server has stopped answering. It is asked again.");
    }
    throw new AuthClientError("token_invalid", "The server does not accept the token that it has just issued.");
  }

  /** Nobody wants this session any more: the server need not keep it either. */
  function superseded({ accessToken, refreshToken: inBody }: IssuedToken): AuthClientError {
    const claims = decodeUnverified(accessToken);
    if (claims !== null) {
      void signOuts.tell({ session: claims.sessionId, bearer: accessToken, refreshToken: inBody });
    }
    return new AuthClientError("superseded", "Somebody signed in or out here in the meantime. Try again.");
  }

  return {
    decisions: () => decisions,
    decide,
    replace,
    async enter(obtain) {
      const before = decisions;
      return replace(await obtain(), before);
    },
    leave() {
      decide();
      return keeper.drop();
    },
  };
}
