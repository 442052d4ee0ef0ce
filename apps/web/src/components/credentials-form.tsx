"use client";

import { Button } from "@base-ui/react/button";
import { Field } from "@base-ui/react/field";
import { Form } from "@base-ui/react/form";
import { AuthClientError, type Credentials } from "@signet/client";
import { useAuth } from "@signet/client/react";
import { type ReactNode, useMemo, useState } from "react";
import { useAppSettings } from "./app-settings";
import { PassphraseHint } from "./passphrase-hint";
import { PasswordInput } from "./password-input";
import { ProviderButtons } from "./provider-buttons";
import { errorsOf, type FormErrors, tooShort } from "./words";

interface CredentialsFormProps {
  kind: "sign-in" | "sign-up";
  submit: (credentials: Credentials) => Promise<unknown>;
  /** Where the browser comes back to from a provider: a page that goes on from there. */
  comeBackTo: string;
  children?: ReactNode;
}

/**
 * Username and password, or a provider, for both pages; errors stand beside the field they belong to, in room that is kept for
 * them.
 */
export function CredentialsForm({ kind, submit, comeBackTo, children }: CredentialsFormProps) {
  const { signInWith } = useAuth();
  const { passwordMinLength, providers } = useAppSettings();
  const [errors, setErrors] = useState<FormErrors>({});
  const [pending, setPending] = useState(false);
  const [password, setPassword] = useState("");
  const isNew = kind === "sign-up";

  const send = async (credentials: Credentials) => {
    // A second press while the first is under way is the same wish.
    if (pending) return;
    setPending(true);
    setErrors({});
    try {
      await submit(credentials);
    } catch (error) {
      if (!(error instanceof AuthClientError)) throw error;
      setErrors(errorsOf(error, passwordMinLength));
    } finally {
      setPending(false);
    }
  };

  const checkPassword = (value: unknown) => {
    if (value === "") return "Type your password.";
    const isTooShort = isNew && [...String(value)].length < passwordMinLength;
    return isTooShort ? tooShort(passwordMinLength) : null;
  };

  const { form } = errors;
  // The same object until the next try: a new one at each keystroke would bring the error back, and keep the form from being sent.
  const fieldErrors = useMemo(() => {
    const { form: _form, ...fields } = errors;
    return fields;
  }, [errors]);
  return (
    <Form<{ username: string; password: string }>
      errors={fieldErrors}
      onFormSubmit={({ username, password: typed }) => void send({ username: username.trim(), password: typed })}
      className="grid gap-1"
    >
      <Field.Root
        name="username"
        validate={(value) => (String(value).trim() === "" ? "Type your username." : null)}
        className="grid"
      >
        <Field.Label className="mb-1.5 font-medium">Username</Field.Label>
        <Field.Control
          className="input"
          autoComplete="username"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          aria-required="true"
          maxLength={256}
          type="text"
        />
        <Beside />
      </Field.Root>

      <Field.Root name="password" validate={checkPassword} className="grid">
        <Field.Label className="mb-1.5 font-medium">Password</Field.Label>
        <PasswordInput kind={isNew ? "new" : "current"} what="the password" onValueChange={setPassword} />
        {isNew ? <PassphraseHint password={password} minLength={passwordMinLength} /> : <Beside />}
      </Field.Root>

      <Button type="submit" disabled={pending} focusableWhenDisabled className="button button-seal mt-1 w-full">
        {pending ? "One moment …" : isNew ? "Create the account" : "Sign in"}
      </Button>
      <p role="alert" className="min-h-12 pt-2 text-[0.95rem] text-part-signature">
        {form}
      </p>
      {providers.length > 0 && (
        <>
          <p className="mb-4 flex items-center gap-4 text-ink-soft before:h-px before:flex-1 before:bg-rule after:h-px after:flex-1 after:bg-rule">
            or
          </p>
          <ProviderButtons
            providers={providers}
            go={(provider) => signInWith(provider, { returnTo: comeBackTo })}
            onProblem={(words) => setErrors(words === null ? {} : { form: words })}
          />
          <div className="h-5" />
        </>
      )}
      {children}
    </Form>
  );
}

/** Room for one error, kept whether there is one or not: nothing below it moves. */
function Beside() {
  return (
    <div className="min-h-8 py-1 text-[0.95rem] leading-snug text-part-signature">
      <Field.Error />
    </div>
  );
}
