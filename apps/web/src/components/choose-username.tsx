"use client";

import { Button } from "@base-ui/react/button";
import { Field } from "@base-ui/react/field";
import { Form } from "@base-ui/react/form";
import { AuthClientError } from "@signet/client";
import { useAuth } from "@signet/client/react";
import { useMemo, useState } from "react";
import { errorsOf, type FormErrors } from "./words";

interface ChooseUsernameProps {
  /** What the provider is called. */
  provider: string;
  /** A name that could be free. */
  suggestion: string | null;
  cancel: () => void;
}

/** The one thing that is asked of somebody who comes from a provider and is new here. */
export function ChooseUsername({ provider, suggestion, cancel }: ChooseUsernameProps) {
  const { signUpWithProvider } = useAuth();
  const [errors, setErrors] = useState<FormErrors>({});
  const [pending, setPending] = useState(false);

  const send = async (username: string) => {
    // A second press while the first is under way is the same wish.
    if (pending) return;
    setPending(true);
    setErrors({});
    try {
      await signUpWithProvider(username);
    } catch (error) {
      if (!(error instanceof AuthClientError)) throw error;
      setErrors(errorsOf(error, 0));
    } finally {
      setPending(false);
    }
  };

  const { form, username } = errors;
  // The same object until the next try: a new one at each keystroke would bring the error back, and keep the form from being sent.
  const fieldErrors = useMemo(() => (username === undefined ? {} : { username }), [username]);
  return (
    <Form<{ username: string }>
      errors={fieldErrors}
      onFormSubmit={({ username: typed }) => void send(typed.trim())}
      className="grid gap-1"
    >
      <p className="mb-5">
        This makes a new account, and {provider} is your way in to it. If you have an account here already, cancel: sign
        in to it, and link {provider} on your account page.
      </p>
      <Field.Root
        name="username"
        validate={(value) => (String(value).trim() === "" ? "Type a username." : null)}
        className="grid"
      >
        <Field.Label className="mb-1.5 font-medium">Username</Field.Label>
        <Field.Control
          className="input"
          defaultValue={suggestion ?? ""}
          autoComplete="username"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          aria-required="true"
          maxLength={256}
          type="text"
        />
        {/* Room for one error, kept whether there is one or not. */}
        <div className="min-h-8 py-1 text-[0.95rem] leading-snug text-part-signature">
          <Field.Error />
        </div>
      </Field.Root>
      <Button type="submit" disabled={pending} focusableWhenDisabled className="button button-seal mt-1 w-full">
        {pending ? "One moment …" : "Create the account"}
      </Button>
      <Button disabled={pending} focusableWhenDisabled className="button button-plain mt-3 w-full" onClick={cancel}>
        Cancel
      </Button>
      <p role="alert" className="min-h-12 pt-2 text-[0.95rem] text-part-signature">
        {form}
      </p>
    </Form>
  );
}
