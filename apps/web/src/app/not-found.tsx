import type { Metadata } from "next";
import Link from "next/link";
import { Seal } from "../components/seal";

export const metadata: Metadata = { title: "No such page" };

export default function NotFound() {
  return (
    <div className="mx-auto max-w-md pt-8 text-center">
      <Seal className="mx-auto size-14 opacity-40 grayscale" />
      <h1 className="mt-6 text-4xl">There is no such page</h1>
      <p className="mt-4 text-ink-soft">
        The address may have a slip of the pen in it, or the page has moved. Nothing is wrong with you or your sign-in.
      </p>
      <Link href="/" className="button button-seal mt-8">
        To the first page
      </Link>
    </div>
  );
}
