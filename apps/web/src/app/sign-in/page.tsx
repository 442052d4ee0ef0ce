import type { Metadata } from "next";
import { entryParams, type SearchParams } from "../../components/entry-params";
import { SignIn } from "../../components/sign-in";

export const metadata: Metadata = { title: "Sign in" };

export default async function Page({ searchParams }: { searchParams: SearchParams }) {
  const { returnPath, wasSent, why, everywhere, problem } = await entryParams(searchParams);
  return <SignIn returnPath={returnPath} wasSent={wasSent} why={why} everywhere={everywhere} problem={problem} />;
}
