// Where else people may sign in: as many OpenID providers as there are `OIDC_<NAME>_ISSUER`, and GitHub. Their settings have a name inside of
// their own names, so they are read here and not in the table of settings.

import { isLoopbackHost } from "./loopback.ts";
import { SettingError } from "./setting-error.ts";

/** A provider as it is configured. GitHub speaks no OpenID, and has a kind of its own. */
export interface ProviderSettings {
  kind: "oidc" | "github";
  /** As in addresses: the lower-cased NAME, or `github`. */
  name: string;
  label: string;
  /** For GitHub where it is: of GitHub Enterprise Server, another place than github.com. */
  issuer: string;
  clientId: string;
  /** None for a public client. */
  clientSecret: string | undefined;
}

type Source = Readonly<Record<string, string | undefined>>;

const oidcSetting = /^OIDC_([A-Z0-9]+(?:_[A-Z0-9]+)*?)_(ISSUER|CLIENT_ID|CLIENT_SECRET|LABEL)$/;
const githubUrl = "https://github.com";
const maxNameLength = 40;
const maxLabelLength = 40;

/** @throws SettingError for the first that cannot be used */
export function parseProviders(source: Source): ProviderSettings[] {
  const names = new Set<string>();
  for (const setting of Object.keys(source)) {
    if (!setting.startsWith("OIDC_") || valueOf(source, setting) === undefined) continue;
    const [, name] = oidcSetting.exec(setting) ?? [];
    if (name === undefined || name.length > maxNameLength) {
      throw new SettingError(
        `${setting} is none of OIDC_<NAME>_ISSUER, _CLIENT_ID, _CLIENT_SECRET and _LABEL, with a NAME of at most ${maxNameLength} capital letters, digits and single _.`,
      );
    }
    names.add(name);
  }
  const providers = [...names].toSorted().map((name) => parseOidc(source, name));
  const github = parseGithub(source);
  const all = github === undefined ? providers : [...providers, github];
  const issuers = all.map(({ issuer }) => issuer);
  const twice = issuers.find((issuer, index) => issuers.indexOf(issuer) !== index);
  if (twice !== undefined)
    throw new SettingError(`Two providers have the issuer "${twice}": accounts are known by it.`);
  return all;
}

function parseOidc(source: Source, name: string): ProviderSettings {
  if (name === "GITHUB") {
    throw new SettingError(
      "GitHub speaks no OpenID: set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET, and no OIDC_GITHUB_….",
    );
  }
  const issuer = valueOf(source, `OIDC_${name}_ISSUER`);
  const clientId = valueOf(source, `OIDC_${name}_CLIENT_ID`);
  if (issuer === undefined || clientId === undefined) {
    const missing = issuer === undefined ? "ISSUER" : "CLIENT_ID";
    throw new SettingError(`OIDC_${name}_${missing} is not set, but others of OIDC_${name}_… are.`);
  }
  requirePlace(`OIDC_${name}_ISSUER`, issuer);
  const words = name.toLowerCase().split("_");
  const label = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
  return {
    kind: "oidc",
    name: name.toLowerCase(),
    label: parseLabel(source, `OIDC_${name}_LABEL`) ?? label,
    issuer,
    clientId,
    clientSecret: valueOf(source, `OIDC_${name}_CLIENT_SECRET`),
  };
}

function parseGithub(source: Source): ProviderSettings | undefined {
  const clientId = valueOf(source, "GITHUB_CLIENT_ID");
  const clientSecret = valueOf(source, "GITHUB_CLIENT_SECRET");
  if (clientId === undefined && clientSecret === undefined) return undefined;
  if (clientId === undefined || clientSecret === undefined) {
    throw new SettingError("GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET belong together: set both or neither.");
  }
  const issuer = valueOf(source, "GITHUB_URL") ?? githubUrl;
  requirePlace("GITHUB_URL", issuer);
  if (new URL(issuer).origin !== issuer) {
    throw new SettingError(`GITHUB_URL must be an origin such as https://github.example.com; found "${issuer}".`);
  }
  return { kind: "github", name: "github", label: "GitHub", issuer, clientId, clientSecret };
}

/** Compared letter for letter with what the provider says of itself (RFC 8414 §3.3), so it is taken as it is written. */
function requirePlace(setting: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined && url.search === "" && url.hash === "" && url.username === "" && !/[?#]/.test(text);
  const isProtected = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopbackHost(url.hostname));
  if (isPlain && isProtected) return;
  throw new SettingError(
    `${setting} must be an https address such as https://id.example.com, without query or fragment (http only on localhost); found "${text}".`,
  );
}

function parseLabel(source: Source, setting: string): string | undefined {
  const label = valueOf(source, setting);
  if (label === undefined || (label.length <= maxLabelLength && !/[\p{Cc}\p{Cf}]/u.test(label))) return label;
  throw new SettingError(`${setting} must be a name of at most ${maxLabelLength} characters; found "${label}".`);
}

/** An empty value is what a shell or a compose file makes of "not set". */
function valueOf(source: Source, setting: string): string | undefined {
  const value = source[setting];
  return value === "" ? undefined : value;
}
