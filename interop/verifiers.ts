// The verifiers that nobody here wrote: what each needs on the machine, and how it is started.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Verifier {
  /** As in the table. */
  name: string;
  language: string;
  /** What brings it, for those who have not got it. */
  comesWith: string;
  /** How it is asked: a token per line on standard input, or `GET /protected`. */
  speaks: "lines" | "http";
  command(port: number): string[];
  /** Of its library, or undefined where it is not on this machine. */
  version: string | undefined;
  /** Makes what `command` starts. */
  build?(): void;
}

const programs = fileURLToPath(new URL("./programs/", import.meta.url));

// Debian's packages are for Debian's Python; on PATH there may be another one.
const python =
  ["/usr/bin/python3", "python3"].find((command) => ask(command, ["-c", "import jose, fastapi, jwt"]) !== undefined) ??
  "python3";
const goProgram = fileURLToPath(new URL("./dist/golang_jwt", import.meta.url));
const goLibrary = "/usr/share/gocode/src/github.com/golang-jwt/jwt";

export const verifiers: Verifier[] = [
  {
    name: "python-jose, in FastAPI",
    language: "Python",
    comesWith: "python3-fastapi python3-httpx python3-jose python3-uvicorn",
    speaks: "http",
    version: ask(python, ["-c", "import fastapi, httpx, uvicorn, jose; print(jose.__version__)"]),
    command: (port) => [
      python,
      "-m",
      "uvicorn",
      "fastapi_service:app",
      `--app-dir=${programs}`,
      `--port=${port}`,
      "--log-level=warning",
    ],
  },
  {
    name: "PyJWT",
    language: "Python",
    comesWith: "python3-jwt python3-cryptography",
    speaks: "lines",
    version: ask(python, ["-c", "import cryptography, jwt; print(jwt.__version__)"]),
    command: () => [python, `${programs}pyjwt.py`],
  },
  {
    name: "ruby-jwt",
    language: "Ruby",
    comesWith: "ruby ruby-jwt",
    speaks: "lines",
    version: ask("ruby", ["-e", 'require "jwt"; puts JWT.gem_version']),
    command: () => ["ruby", `${programs}ruby_jwt.rb`],
  },
  {
    name: "golang-jwt",
    language: "Go",
    comesWith: "golang-go golang-github-golang-jwt-jwt-dev",
    speaks: "lines",
    version:
      existsSync(goLibrary) && ask("go", ["version"]) !== undefined
        ? debianVersion("golang-github-golang-jwt-jwt-dev")
        : undefined,
    command: () => [goProgram],
    build: () =>
      void execFileSync("go", ["build", "-o", goProgram, `${programs}golang_jwt.go`], {
        env: { ...process.env, GO111MODULE: "off", GOFLAGS: "", GOPATH: "/usr/share/gocode" },
      }),
  },
  {
    name: "Crypt::JWT",
    language: "Perl",
    comesWith: "libcrypt-jwt-perl",
    speaks: "lines",
    version: ask("perl", ["-MCrypt::JWT", "-e", "print $Crypt::JWT::VERSION"]),
    command: () => ["perl", `${programs}crypt_jwt.pl`],
  },
  { ...fromNpm("express-oauth2-jwt-bearer"), speaks: "http" },
  fromNpm("fast-jwt", ", with get-jwks"),
  fromNpm("oauth4webapi"),
  fromNpm("jose"),
];

function fromNpm(name: string, more = ""): Verifier {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL(`./node_modules/${name}/package.json`, import.meta.url), "utf8"),
  );
  return {
    name: `${name}${more}`,
    language: "JavaScript",
    comesWith: "npm",
    speaks: "lines",
    version: manifest.version,
    command: () => [process.execPath, `${programs}${name}.mjs`],
  };
}

function debianVersion(name: string): string | undefined {
  return ask("dpkg-query", ["-W", "-f", "${source:Upstream-Version}", name]);
}

/** What a command prints, or undefined where it fails or does not exist. */
function ask(command: string, options: string[]): string | undefined {
  try {
    return execFileSync(command, options, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}
