"use client";

import { Button } from "@base-ui/react/button";
import type { ProviderChoice } from "./app-settings";
import { ProviderMark } from "./provider-mark";
import { useSettingOut } from "./use-setting-out";

interface ProviderButtonsProps {
  providers: readonly ProviderChoice[];
  /** Sends the browser to this one. */
  go: (provider: string) => Promise<void>;
  /** The words for why it did not go; null at each new try. */
  onProblem: (words: string | null) => void;
}

/** A button for each provider, which leads away from this page. */
export function ProviderButtons({ providers, go, onProblem }: ProviderButtonsProps) {
  const { goingTo, setOut } = useSettingOut(onProblem);
  return (
    <div className="grid gap-3">
      {providers.map((provider) => (
        <Button
          key={provider.name}
          disabled={goingTo !== null}
          focusableWhenDisabled
          className="button button-plain w-full gap-3"
          onClick={() => void setOut(provider.name, () => go(provider.name))}
        >
          <ProviderMark {...provider} />
          <span className="min-w-0 wrap-anywhere">
            {goingTo === provider.name ? "One moment …" : `Continue with ${provider.label}`}
          </span>
        </Button>
      ))}
    </div>
  );
}
