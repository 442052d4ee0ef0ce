import type { Metadata } from "next";
import { entryParams, type SearchParams } from "../../components/entry-params";
import { SignUp } from "../../components/sign-up";

export const metadata: Metadata = { title: "Create an account" };

export default async function Page({ searchParams }: { searchParams: SearchParams }) {
  const { returnPath, wasSent, problem } = await entryParams(searchParams);
  return <SignUp returnPath={returnPath} wasSent={wasSent} problem={problem} />;
}
