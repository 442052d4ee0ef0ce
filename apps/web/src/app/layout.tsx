import "./globals.css";
import { settings } from "@signet/server/settings";
import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import type { ReactNode } from "react";
import { SignInQuestion } from "../components/sign-in-question";
import { SiteHeader } from "../components/site-header";
import { themeScript } from "../components/theme-script";
import { code, text } from "./fonts";
import { Providers } from "./providers";

export const metadata: Metadata = {
  title: { default: "Signet: sign once, check anywhere", template: "%s · Signet" },
  description: "Sign-in for TypeScript apps: issue a token once, verify it anywhere, without asking a database.",
};

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f6f1e7" },
    { media: "(prefers-color-scheme: dark)", color: "#16130f" },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  // Reading the request makes each page fresh, with the nonce of its own policy.
  const nonce = (await headers()).get("x-nonce") ?? undefined;
  const { APP_URL, API_URL, RESOURCE_SERVER_URL, AUTH_AUDIENCE } = settings();
  const { ACCEPT_TOKEN_FROM_QUERY, PASSWORD_MIN_LENGTH, PROVIDERS } = settings();

  return (
    <html lang="en" className={`${text.variable} ${code.variable}`} suppressHydrationWarning>
      <head>
        {/* Browsers hide a nonce from scripts, so React sees another value than it has sent. */}
        {/* oxlint-disable-next-line react/no-danger -- a constant of ours; it must run before the first paint */}
        <script nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: themeScript }} />
      </head>
      <body className="flex min-h-dvh flex-col">
        <a
          href="#content"
          className="button button-seal sr-only focus:not-sr-only focus:absolute focus:top-3 focus:left-3 focus:z-10"
        >
          Skip to the content
        </a>
        <Providers
          settings={{
            // None: the API is where the page came from, whichever name the browser knows that by.
            apiUrl: API_URL === APP_URL ? null : API_URL,
            notesUrl: RESOURCE_SERVER_URL ?? null,
            acceptTokenFromQuery: ACCEPT_TOKEN_FROM_QUERY,
            passwordMinLength: PASSWORD_MIN_LENGTH,
            // Of all that is known of a provider, these two: the rest holds secrets.
            providers: PROVIDERS.map(({ name, label }) => ({ name, label })),
            issuer: APP_URL,
            audience: AUTH_AUDIENCE,
          }}
        >
          <SiteHeader />
          <main id="content" className="mx-auto w-full max-w-5xl flex-1 px-5 pt-8 pb-20 sm:px-8 sm:pt-14">
            <SignInQuestion />
            {children}
          </main>
        </Providers>
        <footer className="border-t border-rule">
          <div className="mx-auto flex max-w-5xl flex-wrap justify-between gap-x-8 gap-y-1 px-5 py-6 text-sm text-ink-soft sm:px-8">
            <p>A seal that anyone can check, and only its owner can make.</p>
            {/* oxlint-disable-next-line next/no-html-link-for-pages -- an answer of the API, not a page */}
            <a className="link" href="/.well-known/jwks.json">
              The public keys
            </a>
          </div>
        </footer>
      </body>
    </html>
  );
}
