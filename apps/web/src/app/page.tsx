import { Journey } from "../components/journey";
import { WhoYouAre } from "../components/who-you-are";

export default function Page() {
  return (
    <>
      <div className="grid grid-cols-[minmax(0,1fr)] items-center gap-x-12 gap-y-10 md:grid-cols-[minmax(0,1.25fr)_minmax(0,1fr)]">
        <div>
          <h1 className="text-[2.7rem] sm:text-[3.4rem]">
            Sealed once.
            <br />
            Checked anywhere.
          </h1>
          <p className="mt-6 max-w-prose text-xl leading-relaxed text-ink-soft">
            Signet is sign-in for TypeScript apps. It presses a seal on a short letter that says who you are. Whoever
            knows the seal can check the letter, without asking a database; only its owner can make one.
          </p>
        </div>
        <WhoYouAre />
      </div>
      <Journey />
    </>
  );
}
