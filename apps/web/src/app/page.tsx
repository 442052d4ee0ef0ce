export default function Page() {
  return <h1>Signet</h1>;
}
