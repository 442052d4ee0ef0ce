import type { Metadata } from "next";
import { AccountPage } from "../../components/account-page";
import type { SearchParams } from "../../components/entry-params";
import { providerProblemFrom } from "../../components/provider-problem";

export const metadata: Metadata = { title: "Your account" };

export default async function Page({ searchParams }: { searchParams: SearchParams }) {
  return <AccountPage problem={providerProblemFrom((await searchParams)["provider_error"])} />;
}
