"use client";

import { Button } from "@base-ui/react/button";
import { Field } from "@base-ui/react/field";
import { Form } from "@base-ui/react/form";
import { useMemo, useState } from "react";
import { useAppSettings } from "./app-settings";
import { PassphraseHint } from "./passphrase-hint";
import { PasswordInput } from "./password-input";
import { refusalFrom } from "./refusal-from";
import { SignInAgain } from "./sign-in-again";
import { type SetPasswordErrors, setPasswordErrors } from "./sign-in-method-words";
import type { SignInMethodList } from "./sign-in-methods-query";
import { trpc } from "./trpc";
import { tooShort } from "./words";

interface SetPasswordProps {
  username: string;
  methods: SignInMethodList;
  onSet: () => Promise<void>;
}

/** A first password, for whoever has come with a provider so far. */
export function SetPassword({ username, methods, onSet }: SetPasswordProps) {
  const { passwordMinLength } = useAppSettings();
  const setting = trpc.auth.setPassword.useMutation();
  const [errors, setErrors] = useState<SetPasswordErrors>({});
  const [pending, setPending] = useState(false);
  const [asksAgain, setAsksAgain] = useState(false);
  const [newPassword, setNewPassword] = useState("");

  const send = async (password: string) => {
    // A second press while the first is under way is the same wish.
    if (pending) return;
    setPending(true);
    setErrors({});
    setAsksAgain(false);
    try {
      await setting.mutateAsync({ newPassword: password });
      await onSet();
    } catch (error) {
      const refusal = refusalFrom(error);
      if (refusal === null) throw error;
      if (refusal.reason === "reauthentication_required") setAsksAgain(true);
      else setErrors(setPasswordErrors(refusal, passwordMinLength));
    } finally {
      setPending(false);
    }
  };

  const checkNewPassword = (value: unknown) => {
    if (value === "") return "Type a password.";
    return [...String(value)].length < passwordMinLength ? tooShort(passwordMinLength) : null;
  };

  const { form, newPassword: fieldError } = errors;
  // The same object until the next try: a new one at each keystroke would bring the error back, and keep the form from being sent.
  const fieldErrors = useMemo(() => (fieldError === undefined ? {} : { newPassword: fieldError }), [fieldError]);
  return (
    <section
      aria-labelledby="password"
      className="sheet mt-6 grid items-start gap-x-12 gap-y-4 p-6 sm:p-8 md:grid-cols-2"
    >
      <div>
        <h2 id="password" className="text-2xl">
          Set a password
        </h2>
        <p className="mt-2 max-w-prose text-ink-soft">
          You have none so far. With one you can sign in by your name, also when a provider is out of reach.
        </p>
      </div>
      <div>
        {asksAgain && (
          <SignInAgain
            username={username}
            methods={methods}
            onSignedIn={() => send(newPassword)}
            cancel={() => setAsksAgain(false)}
          />
        )}
        <Form<{ newPassword: string }>
          errors={fieldErrors}
          onFormSubmit={({ newPassword: typed }) => void send(typed)}
          className="grid gap-1"
        >
          {/* So that a password manager knows whose password it is. */}
          <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
          <Field.Root name="newPassword" validate={checkNewPassword} className="grid">
            <Field.Label className="mb-1.5 font-medium">New password</Field.Label>
            <PasswordInput kind="new" what="the new password" onValueChange={setNewPassword} />
            <PassphraseHint password={newPassword} minLength={passwordMinLength} />
          </Field.Root>
          <Button type="submit" disabled={pending} focusableWhenDisabled className="button button-seal mt-1 w-full">
            {pending ? "One moment …" : "Set the password"}
          </Button>
          <p role="alert" className="pt-2 text-[0.95rem] text-part-signature empty:hidden">
            {form}
          </p>
        </Form>
      </div>
    </section>
  );
}
