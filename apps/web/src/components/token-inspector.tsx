"use client";

import { Field } from "@base-ui/react/field";
import { useAuth } from "@signet/client/react";
import { useEffect, useMemo, useState } from "react";
import { useAppSettings } from "./app-settings";
import { claimMeanings, headerMeanings, readable } from "./claim-meanings";
import { type Anatomy, takeApart } from "./token-anatomy";
import type { Verdict } from "./verify-token";

/** A token taken apart: the person's own, or any that is pasted. Nothing of it leaves the page. */
export function TokenInspector({ ownToken }: { ownToken: string | null }) {
  const [pasted, setPasted] = useState("");
  const token = pasted.trim() === "" ? (ownToken ?? "") : pasted;
  const anatomy = useMemo(() => takeApart(token), [token]);

  return (
    <section aria-labelledby="token" className="mt-14">
      <h2 id="token" className="text-3xl">
        {pasted.trim() === "" ? "Your token, taken apart" : "This token, taken apart"}
      </h2>
      <p className="mt-3 max-w-prose text-ink-soft">
        Whoever holds it can read it, so nothing secret is in it. Nobody can change a letter of it without breaking the
        seal.
      </p>
      {token === "" ? (
        <div className="min-h-96" />
      ) : typeof anatomy === "string" ? (
        <output className="sheet mt-6 block p-6">{anatomy}</output>
      ) : (
        <TokenParts anatomy={anatomy} token={token.trim().replace(/^Bearer\s+/i, "")} />
      )}

      <Field.Root name="pasted" className="mt-10 grid">
        <Field.Label className="font-medium">Take another token apart</Field.Label>
        <Field.Description className="mt-1 mb-2 text-[0.95rem] text-ink-soft">
          It is read here, in your browser, and sent nowhere.
        </Field.Description>
        <Field.Control
          className="input min-h-28 resize-y py-3 font-mono text-sm"
          render={<textarea rows={4} />}
          placeholder="Paste a token"
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          value={pasted}
          onValueChange={setPasted}
        />
      </Field.Root>
    </section>
  );
}

function TokenParts({ anatomy, token }: { anatomy: Anatomy; token: string }) {
  const { header, payload, signature, headerEntries, payloadEntries, signatureBytes } = anatomy;
  return (
    <>
      <p className="sr-only">
        The token as it travels: header, payload and signature, with points between them. They are explained below.
      </p>
      <p aria-hidden="true" className="sheet mt-6 p-6 font-mono text-sm leading-relaxed break-all sm:p-8">
        <span className="text-part-header">{header}</span>
        <span className="text-ink-soft">.</span>
        <span className="text-part-payload">{payload}</span>
        <span className="text-ink-soft">.</span>
        <span className="text-part-signature">{signature}</span>
      </p>
      <div className="sheet mt-4 divide-y divide-rule">
        <Part title="Header" hint="How it is sealed" color="text-part-header">
          <Entries entries={headerEntries} meanings={headerMeanings} color="text-part-header" />
        </Part>
        <Part title="Payload" hint="What it says" color="text-part-payload">
          <Entries entries={payloadEntries} meanings={claimMeanings} color="text-part-payload" />
        </Part>
        <Part title="Signature" hint="The seal itself" color="text-part-signature">
          <p className="text-ink-soft">
            {signatureBytes} bytes, made over the two parts above with a key that only the issuer has.
          </p>
          <SealCheck token={token} />
        </Part>
      </div>
    </>
  );
}

function Part(props: { title: string; hint: string; color: string; children: React.ReactNode }) {
  return (
    <div className="grid gap-x-8 gap-y-4 p-6 sm:p-8 md:grid-cols-[9rem_1fr]">
      <div>
        <h3 className={`text-xl ${props.color}`}>{props.title}</h3>
        <p className="mt-1 text-sm text-ink-soft">{props.hint}</p>
      </div>
      <div className="min-w-0">{props.children}</div>
    </div>
  );
}

interface EntriesProps {
  entries: [string, unknown][];
  meanings: Record<string, string>;
  color: string;
}

function Entries({ entries, meanings, color }: EntriesProps) {
  return (
    <dl className="grid gap-y-4">
      {entries.map(([name, value]) => {
        const reading = readable(name, value);
        const meaning = Object.hasOwn(meanings, name)
          ? meanings[name]
          : "Not one of Signet's; readers who do not know it ignore it.";
        return (
          <div key={name} className="grid gap-x-6 gap-y-0.5 sm:grid-cols-[11rem_1fr]">
            <dt className={`font-mono text-[0.92rem] break-all ${color}`}>{name}</dt>
            <dd className="min-w-0">
              <span className="font-mono text-[0.92rem] break-all">
                {typeof value === "string" && value !== "" ? value : JSON.stringify(value)}
              </span>
              {reading !== undefined && <span className="ml-3 inline-block">{reading}</span>}
              <span className="block text-[0.95rem] text-ink-soft">{meaning}</span>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

const verdicts: Record<Verdict, { title: string; text: string; good: boolean }> = {
  genuine: {
    title: "Genuine",
    text: "Checked just now, here in your browser, with the public keys alone: seal, issuer, audience and time are right.",
    good: true,
  },
  expired: {
    title: "Genuine, but over",
    text: "The seal is right. Its time has passed, so every service refuses it.",
    good: false,
  },
  not_genuine: {
    title: "Not accepted here",
    text: "The seal does not fit, or it was made by another key, or it is meant for somebody else. Every service of ours refuses it.",
    good: false,
  },
  malformed: {
    title: "Not accepted here",
    text: "It can be read, but it is not written as strictly as an access token must be.",
    good: false,
  },
  no_keys: {
    title: "Cannot be checked just now",
    text: "There were no public keys to check it with: the server did not answer, or it seals with a shared secret.",
    good: false,
  },
};

/** Room is kept for the longest answer, so that nothing moves when it comes. */
function SealCheck({ token }: { token: string }) {
  const verdict = useVerdict(token);
  const said = verdict === null ? null : verdicts[verdict];
  return (
    <output className="mt-4 block min-h-20">
      {said !== null && (
        <div className="appear flex gap-4">
          <svg aria-hidden="true" viewBox="0 0 40 40" className="size-10 shrink-0">
            <circle
              cx="20"
              cy="20"
              r="18"
              className={said.good ? "fill-good" : "fill-none stroke-seal"}
              strokeWidth="2.5"
            />
            <path
              d={said.good ? "m12.5 20.5 5.5 5.5 10-12" : "M13.5 13.500l13 13M26.5 13.500l-13 13"}
              fill="none"
              className={said.good ? "stroke-sheet" : "stroke-seal"}
              strokeWidth="3"
              strokeLinecap="round"
              strokeLinejoin="round"
            />
          </svg>
          <div>
            <p className="text-lg font-semibold">{said.title}</p>
            <p className="text-ink-soft">{said.text}</p>
          </div>
        </div>
      )}
    </output>
  );
}

function useVerdict(token: string): Verdict | null {
  const { apiUrl, issuer, audience } = useAppSettings();
  // Asked again when the state changes: the time may be over since.
  const { status } = useAuth();
  const [answer, setAnswer] = useState<{ token: string; status: string; verdict: Verdict } | null>(null);

  useEffect(() => {
    let wanted = true;
    const jwksUrl = `${apiUrl ?? window.location.origin}/.well-known/jwks.json`;
    const settle = (verdict: Verdict) => {
      if (wanted) setAnswer({ token, status, verdict });
    };
    const verify = async () => {
      const { verifyToken } = await import("./verify-token");
      return verifyToken(token, { jwksUrl, issuer, audience });
    };
    verify().then(settle, () => settle("no_keys"));
    return () => {
      wanted = false;
    };
  }, [token, status, apiUrl, issuer, audience]);

  return answer?.token === token && answer.status === status ? answer.verdict : null;
}
