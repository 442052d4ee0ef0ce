// What no container engine runs here is read at least: names, commands, ports and sources of the image, the compose file and the proxy
// fit the programs that they speak of.

import { existsSync, readFileSync } from "node:fs";
import { createMetrics } from "@signet/api";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

interface Service {
  command?: string[];
  environment?: Record<string, string>;
  image: string;
}

const dockerfile = read("Dockerfile");
const caddyfile = read("deploy/Caddyfile");
const compose: { services: Record<string, Service>; volumes: Record<string, null> } = parse(read("compose.yaml"), {
  merge: true,
});
const ours = Object.entries(compose.services).filter(([, { image }]) => image === "signet");

/** Names as they stand in the tables of settings. */
const namesIn = (path: string) => [...read(path).matchAll(/^ {2}([A-Z][A-Z0-9_]+): /gm)].map(([, name]) => name);

describe("compose.yaml", () => {
  test("has two APIs, a web app, a resource server and what they stand on", () => {
    expect(Object.keys(compose.services).toSorted()).toEqual(["api-1", "api-2", "caddy", "notes", "postgres", "web"]);
  });

  test.each(ours)("%s: each name in its environment is a setting of its program", (_name, service) => {
    const isNotes = service.command?.[1]?.includes("resource-server") === true;
    const settings = namesIn(isNotes ? "apps/resource-server/src/env.ts" : "packages/server/src/settings.ts");
    expect(settings.length).toBeGreaterThan(10);
    for (const name of Object.keys(service.environment ?? {})) expect(settings).toContain(name);
  });

  test.each(ours)("%s: its command is a program that the build makes", (_name, { command = [] }) => {
    const [node, program = ""] = command;
    expect(node).toBe("node");
    expect(existsSync(new URL(program, root)), program).toBe(true);
  });

  test("holds no value of a secret: each comes from outside, and its absence stops the start (SRV-10)", () => {
    for (const { environment = {} } of Object.values(compose.services)) {
      for (const [name, value] of Object.entries(environment)) {
        if (!/SECRET|PASSWORD|CLIENTS|DATABASE_URL/.test(name)) continue;
        expect(value, name).toMatch(/\$\{[A-Z_]+:\?\}/);
      }
    }
  });

  test("trusts the one proxy that is there, and gives it time to look elsewhere", () => {
    for (const name of ["api-1", "api-2", "web"]) {
      const { TRUSTED_PROXY_HOPS, DRAIN_SECONDS } = compose.services[name]?.environment ?? {};
      expect(TRUSTED_PROXY_HOPS).toBe("1");
      expect(Number(DRAIN_SECONDS)).toBeGreaterThanOrEqual(2);
    }
  });
});

describe("deploy/Caddyfile", () => {
  test("passes on to services that are there, at the ports that they listen on", () => {
    const upstreams = [...caddyfile.matchAll(/([a-z][a-z0-9-]*):(\d{4})/g)];
    expect(upstreams).toHaveLength(4);
    for (const [, name = "", port] of upstreams) expect(compose.services[name]?.environment?.["PORT"], name).toBe(port);
  });

  test("gives the APIs exactly the paths that are the API's, and shows nobody outside the inside", () => {
    expect(caddyfile).toContain("@api path /api/* /auth/* /.well-known/*");
    expect(caddyfile.match(/@inside path \/metrics \/readyz/g)).toHaveLength(2);
  });
});

describe("Dockerfile", () => {
  test("copies what is there", () => {
    const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from = ""]) => from.split(" "));
    expect(copies.length).toBeGreaterThan(5);
    for (const path of copies) expect(existsSync(new URL(path, root)), path).toBe(true);
  });

  test("uses the pnpm of package.json, runs as nobody special, and says how healthy it is", () => {
    const { packageManager } = JSON.parse(read("package.json"));
    for (const [used] of dockerfile.matchAll(/pnpm@[0-9.]+/g)) expect(used).toBe(packageManager);
    expect(dockerfile.slice(dockerfile.lastIndexOf("FROM"))).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    expect(dockerfile).toContain("/healthz");
  });

  test("starts a program that the build makes", () => {
    const [, program = ""] = /^CMD \["node", "([^"]+)"\]$/m.exec(dockerfile) ?? [];
    expect(existsSync(new URL(program, root)), program).toBe(true);
  });
});

describe("deploy/grafana-dashboard.json", () => {
  const { panels }: { panels: { title: string; targets: { expr: string }[] }[] } = JSON.parse(
    read("deploy/grafana-dashboard.json"),
  );
  const published = async () =>
    createMetrics().text({ keyAges: () => [], connections: () => ({ open: 0, idle: 0, waiting: 0 }) });
  const namesOf = (text: string) =>
    new Set([...text.matchAll(/\b(?:signet|nodejs|process)_[a-z0-9_]+/g)].map(([name]) => name));

  test.each(panels.map(({ title, targets }) => [title, targets] as const))(
    "%s: asks for what there is",
    async (_title, targets) => {
      const there = namesOf(await published());
      const asked = targets.flatMap(({ expr }) => [...namesOf(expr)]);
      expect(asked.length).toBeGreaterThan(0);
      for (const name of asked) expect(there).toContain(name);
    },
  );

  test("shows every number of ours", async () => {
    const shown = namesOf(JSON.stringify(panels));
    for (const name of namesOf(await published()))
      expect(!name.startsWith("signet_") || shown.has(name), name).toBe(true);
  });
});
