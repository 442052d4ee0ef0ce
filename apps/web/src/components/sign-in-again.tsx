"use client";

import { Button } from "@base-ui/react/button";
import { Field } from "@base-ui/react/field";
import { Form } from "@base-ui/react/form";
import { AuthClientError } from "@signet/client";
import { useAuth } from "@signet/client/react";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { PasswordInput } from "./password-input";
import { ProviderButtons } from "./provider-buttons";
import { useSessionsChanged } from "./sessions-query";
import { signInAgainErrors } from "./sign-in-method-words";
import type { SignInMethodList } from "./sign-in-methods-query";

interface SignInAgainProps {
  username: string;
  /** What there is to sign in with. */
  methods: SignInMethodList;
  /** Signed in with the password, without leaving the page. */
  onSignedIn: () => Promise<void>;
  cancel: () => void;
}

/** A sign-in that is long ago changes nothing about the ways to sign in: here the person shows once more who they are. */
export function SignInAgain({ username, methods, onSignedIn, cancel }: SignInAgainProps) {
  const { signIn, signInWith } = useAuth();
  const sessionsChanged = useSessionsChanged();
  const [errors, setErrors] = useState<{ password?: string; form?: string }>({});
  const [pending, setPending] = useState(false);
  const group = useRef<HTMLFieldSetElement>(null);
  const headingId = useId();
  const providers = methods.providers.flatMap(({ provider, label }) =>
    provider === null ? [] : [{ name: provider, label }],
  );

  useEffect(() => group.current?.focus(), []);

  const send = async (password: string) => {
    // A second press while the first is under way is the same wish.
    if (pending) return;
    setPending(true);
    setErrors({});
    try {
      await signIn({ username, password });
    } catch (error) {
      if (!(error instanceof AuthClientError)) throw error;
      setErrors(signInAgainErrors(error));
      return;
    } finally {
      setPending(false);
    }
    void sessionsChanged();
    await onSignedIn();
  };

  const { form, password: passwordError } = errors;
  // The same object until the next try: a new one at each keystroke would bring the error back, and keep the form from being sent.
  const fieldErrors = useMemo(() => (passwordError === undefined ? {} : { password: passwordError }), [passwordError]);
  return (
    <fieldset
      ref={group}
      tabIndex={-1}
      aria-labelledby={headingId}
      className="appear my-3 grid max-w-xl gap-4 rounded-lg border-l-[3px] border-seal bg-well p-4 sm:p-5"
    >
      <div>
        <h3 id={headingId} className="text-xl">
          Sign in again to change this
        </h3>
        <p className="mt-1.5 text-[0.98rem]">
          You signed in more than ten minutes ago. So that nobody else who finds this device open can do it, show once
          more that it is you.
        </p>
      </div>
      {methods.password && (
        <Form<{ password: string }>
          errors={fieldErrors}
          onFormSubmit={({ password }) => void send(password)}
          className="grid gap-1"
        >
          {/* So that a password manager knows whose password it is. */}
          <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
          <Field.Root
            name="password"
            validate={(value) => (value === "" ? "Type your password." : null)}
            className="grid"
          >
            <Field.Label className="mb-1.5 font-medium">Your password</Field.Label>
            <PasswordInput kind="current" what="your password" />
            {/* Room for one error, kept whether there is one or not. */}
            <div className="min-h-8 py-1 text-[0.95rem] leading-snug text-part-signature">
              <Field.Error />
            </div>
          </Field.Root>
          <Button type="submit" disabled={pending} focusableWhenDisabled className="button button-seal w-full">
            {pending ? "One moment …" : "Sign in again"}
          </Button>
        </Form>
      )}
      <div className="grid gap-3 [&_.button-plain:not(:hover)]:bg-sheet">
        <ProviderButtons
          providers={providers}
          go={(provider) => signInWith(provider, { returnTo: "/account" })}
          onProblem={(words) => setErrors(words === null ? {} : { form: words })}
        />
      </div>
      <p role="alert" className="text-[0.95rem] text-part-signature empty:hidden">
        {form}
      </p>
      <div>
        <Button onClick={cancel} className="link cursor-pointer">
          Not now
        </Button>
      </div>
    </fieldset>
  );
}
