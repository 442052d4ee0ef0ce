"use client";

import { Button } from "@base-ui/react/button";
import { Field } from "@base-ui/react/field";
import { Form } from "@base-ui/react/form";
import { AuthClientError } from "@signet/client";
import { useAuth } from "@signet/client/react";
import { useMemo, useState } from "react";
import { useAppSettings } from "./app-settings";
import { PassphraseHint } from "./passphrase-hint";
import { trpc } from "./trpc";
import { changePasswordErrors, tooShort } from "./words";

/** The current password and a new one. Every other device is out afterwards; this one goes on. */
export function ChangePassword({ username }: { username: string }) {
  const { changePassword } = useAuth();
  const { passwordMinLength } = useAppSettings();
  const devices = trpc.useUtils().auth.listSessions;
  const [errors, setErrors] = useState<ReturnType<typeof changePasswordErrors>>({});
  const [pending, setPending] = useState(false);
  const [done, setDone] = useState(false);
  const [newPassword, setNewPassword] = useState("");
  /** A new form, with empty fields, after each change. */
  const [round, setRound] = useState(0);

  const send = async (passwords: { currentPassword: string; newPassword: string }) => {
    if (pending) return;
    setPending(true);
    setErrors({});
    setDone(false);
    try {
      await changePassword(passwords.currentPassword, passwords.newPassword);
      setDone(true);
      setNewPassword("");
      setRound((before) => before + 1);
      await devices.invalidate();
    } catch (error) {
      if (!(error instanceof AuthClientError)) throw error;
      setErrors(changePasswordErrors(error, passwordMinLength));
    } finally {
      setPending(false);
    }
  };

  const { form } = errors;
  // The same object until the next try: a new one at each keystroke would bring the error back, and keep the form from being sent.
  const fieldErrors = useMemo(() => {
    const { form: _form, ...fields } = errors;
    return fields;
  }, [errors]);
  return (
    <section aria-labelledby="password" className="sheet mt-10 p-6 sm:p-8">
      <h2 id="password" className="text-2xl">
        Change your password
      </h2>
      <p className="mt-2 max-w-prose text-ink-soft">
        Afterwards you are signed in on this device only. Everywhere else you sign in with the new password.
      </p>
      <Form<{ currentPassword: string; newPassword: string }>
        key={round}
        errors={fieldErrors}
        onFormSubmit={(passwords) => void send(passwords)}
        className="mt-6 grid max-w-md gap-1"
      >
        {/* So that a password manager knows whose password it is. */}
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        <Field.Root
          name="currentPassword"
          validate={(value) => (value === "" ? "Type your current password." : null)}
          className="grid"
        >
          <Field.Label className="mb-1.5 font-medium">Current password</Field.Label>
          <Field.Control className="input" type="password" autoComplete="current-password" aria-required="true" />
          <div className="min-h-8 py-1 text-[0.95rem] leading-snug text-part-signature">
            <Field.Error />
          </div>
        </Field.Root>
        <Field.Root
          name="newPassword"
          validate={(value) => ([...String(value)].length < passwordMinLength ? tooShort(passwordMinLength) : null)}
          className="grid"
        >
          <Field.Label className="mb-1.5 font-medium">New password</Field.Label>
          <Field.Control
            className="input"
            type="password"
            autoComplete="new-password"
            aria-required="true"
            onValueChange={setNewPassword}
          />
          <PassphraseHint password={newPassword} minLength={passwordMinLength} />
        </Field.Root>
        <Button type="submit" disabled={pending} focusableWhenDisabled className="button button-seal mt-1 w-full">
          {pending ? "One moment …" : "Change the password"}
        </Button>
        <p role={form === undefined ? "status" : "alert"} className="min-h-12 pt-2 text-[0.95rem]">
          {form ?? (done ? "Your password is changed, and every other device is signed out." : "")}
        </p>
      </Form>
    </section>
  );
}
