"use client";

import { Button } from "@base-ui/react/button";
import { Field } from "@base-ui/react/field";
import { Form } from "@base-ui/react/form";
import { AuthClientError } from "@signet/client";
import { useAuth } from "@signet/client/react";
import { useMemo, useRef, useState } from "react";
import { useAppSettings } from "./app-settings";
import { PassphraseHint } from "./passphrase-hint";
import { PasswordInput } from "./password-input";
import { useSessionsChanged } from "./sessions-query";
import { trpc } from "./trpc";
import { type ChangePasswordErrors, changePasswordErrors, tooShort } from "./words";

interface Passwords {
  currentPassword: string;
  newPassword: string;
}

/** The current password and a new one. Every other device is out afterwards; this one goes on. */
export function ChangePassword({ username }: { username: string }) {
  const { changePassword } = useAuth();
  const { passwordMinLength } = useAppSettings();
  const sessionsChanged = useSessionsChanged();
  const { whoami } = trpc.useUtils().auth;
  const heading = useRef<HTMLHeadingElement>(null);
  const [errors, setErrors] = useState<ChangePasswordErrors>({});
  const [pending, setPending] = useState(false);
  const [done, setDone] = useState(false);
  const [newPassword, setNewPassword] = useState("");
  /** A new form, with empty fields, after each change. */
  const [round, setRound] = useState(0);

  const send = async (passwords: Passwords) => {
    // A second press while the first is under way is the same wish.
    if (pending) return;
    setPending(true);
    setErrors({});
    setDone(false);
    try {
      await changePassword(passwords.currentPassword, passwords.newPassword);
      setDone(true);
      setNewPassword("");
      setRound((before) => before + 1);
      // What was pressed is gone with the old form.
      heading.current?.focus();
      await Promise.all([sessionsChanged(), whoami.invalidate()]);
    } catch (error) {
      if (!(error instanceof AuthClientError)) throw error;
      setErrors(changePasswordErrors(error, passwordMinLength));
    } finally {
      setPending(false);
    }
  };

  const checkNewPassword = (value: unknown) => {
    if (value === "") return "Type a new password.";
    return [...String(value)].length < passwordMinLength ? tooShort(passwordMinLength) : null;
  };

  const { form } = errors;
  // The same object until the next try: a new one at each keystroke would bring the error back, and keep the form from being sent.
  const fieldErrors = useMemo(() => {
    const { form: _form, ...fields } = errors;
    return fields;
  }, [errors]);

  return (
    <section
      aria-labelledby="password"
      className="sheet mt-6 grid items-start gap-x-12 gap-y-4 p-6 sm:p-8 md:grid-cols-2"
    >
      <div>
        <h2 id="password" ref={heading} tabIndex={-1} className="text-2xl">
          Change your password
        </h2>
        <p className="mt-2 max-w-prose text-ink-soft">
          All your other devices are signed out with it. Here you stay signed in.
        </p>
        <output className="block mt-3 min-h-7 font-medium text-good md:min-h-14">
          {done && "Your password is changed, and every other device is signed out."}
        </output>
      </div>
      <Form<Passwords>
        key={round}
        errors={fieldErrors}
        onFormSubmit={(passwords) => void send(passwords)}
        className="grid gap-1"
      >
        {/* So that a password manager knows whose password it is. */}
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        <Field.Root
          name="currentPassword"
          validate={(value) => (value === "" ? "Type your current password." : null)}
          className="grid"
        >
          <Field.Label className="mb-1.5 font-medium">Current password</Field.Label>
          <PasswordInput kind="current" what="what is typed as the old one" />
          {/* Room for one error, kept whether there is one or not. */}
          <div className="min-h-8 py-1 text-[0.95rem] leading-snug text-part-signature">
            <Field.Error />
          </div>
        </Field.Root>
        <Field.Root name="newPassword" validate={checkNewPassword} className="grid">
          <Field.Label className="mb-1.5 font-medium">New password</Field.Label>
          <PasswordInput kind="new" what="what is typed as the new one" onValueChange={setNewPassword} />
          <PassphraseHint password={newPassword} minLength={passwordMinLength} />
        </Field.Root>
        <Button type="submit" disabled={pending} focusableWhenDisabled className="button button-seal mt-1 w-full">
          {pending ? "One moment …" : "Change the password"}
        </Button>
        <p role="alert" className="pt-2 text-[0.95rem] text-part-signature empty:hidden">
          {form}
        </p>
      </Form>
    </section>
  );
}
